import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import type { AuthConfiguration } from '../../../src/kernel/config.ts';

type IssuerSettings = AuthConfiguration['issuers'][number];

/** An issuer of tokens on a loopback port: metadata, keys and a signing hand. It ends with the test. */
export interface TestIssuer {
  readonly url: string;
  /** Its entry in the configuration. */
  settings(changes?: Partial<IssuerSettings>): IssuerSettings;
  /** A good token for an hour, with these claims and header parameters changed; `undefined` leaves one out. */
  token(claims?: object, header?: Record<string, string | undefined>): Promise<string>;
  /** Adds a key; tokens are signed with it from then on. */
  rotate(kid: string): Promise<void>;
  /** Addresses that were asked, in their order. */
  readonly asked: string[];
  /** What it answers instead of its documents while it is set. */
  failing: { status: number; body: string } | 'hang' | undefined;
  /** Public keys that it shows. */
  readonly keys: JWK[];
}

export const AUDIENCE = 'https://gateway.example/mcp';

/** Starts an issuer. `metadataPath` is where its metadata is. */
export async function startIssuer(
  metadataPath = '/.well-known/oauth-authorization-server',
  path = '',
): Promise<TestIssuer> {
  const asked: string[] = [];
  const keys: JWK[] = [];
  let privateKey: CryptoKey;
  let current = '';
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (issuer.failing === 'hang') return;
    if (issuer.failing !== undefined) {
      response.writeHead(issuer.failing.status).end(issuer.failing.body);
      return;
    }
    if (request.url === '/keys') response.end(JSON.stringify({ keys }));
    else if (request.url === metadataPath)
      response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: `${origin}/keys` }));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: TestIssuer = {
    url: `${origin}${path}`,
    settings: (changes = {}) => ({
      issuer: issuer.url,
      audience: AUDIENCE,
      jwksUrl: null,
      ca: null,
      scopesClaim: 'scope',
      scopes: {},
      tenantClaim: null,
      tenant: 'local',
      ...changes,
    }),
    async token(claims: object = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const payload = {
        iss: issuer.url,
        aud: AUDIENCE,
        sub: 'ada',
        scope: 'read',
        iat: now,
        exp: now + 3600,
        ...claims,
      };
      return new SignJWT(payload)
        .setProtectedHeader(JSON.parse(JSON.stringify({ alg: 'ES256', kid: current, ...header })))
        .sign(privateKey);
    },
    async rotate(kid) {
      const pair = await generateKeyPair('ES256');
      keys.push({ ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' });
      privateKey = pair.privateKey;
      current = kid;
    },
    asked,
    failing: undefined,
    keys,
  };
  await issuer.rotate('first');
  return issuer;
}
