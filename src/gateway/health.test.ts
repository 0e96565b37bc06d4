import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Configuration } from '../kernel/config.ts';
import { checkFrontDoor } from './health.ts';

const issuer = (jwksUrl: string): Configuration['auth']['issuers'][number] => ({
  issuer: 'https://login.example.com',
  audience: 'headgate',
  jwksUrl,
  ca: null,
  scopesClaim: 'scope',
  scopes: {},
  tenantClaim: null,
  tenant: 'local',
});
const check = (issuers: string[], tls: { certificate: string; key: string } | null = null) =>
  checkFrontDoor({
    server: { tls } as Configuration['server'],
    auth: { tokens: [], issuers: issuers.map(issuer) },
  });

describe('checkFrontDoor', () => {
  let keys = '';
  let url = '';
  const server = createServer((request, response) => {
    if (request.url === '/keys') response.setHeader('content-type', 'application/json').end(keys);
    else response.writeHead(500).end('broken');
  });

  beforeAll(async () => {
    const { publicKey } = await generateKeyPair('ES256');
    keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('has nothing to try on a server without TLS and issuers', async () => {
    expect(await check([])).toEqual([]);
  });

  it('tries every issuer, and says which one does not answer and why [start.check-names-path-and-fix]', async () => {
    expect(await check([`${url}/keys`, `${url}/broken`])).toEqual([
      { name: 'auth.issuers.0', ok: true, message: 'the keys of https://login.example.com can be fetched' },
      {
        name: 'auth.issuers.1',
        ok: false,
        message: expect.stringMatching(/^The keys of the issuer .+ cannot be fetched\. .* answered 500$/),
        hint: expect.stringContaining('jwks_url'),
      },
    ]);
  });

  it('names the TLS file that cannot be read [start.check-names-path-and-fix]', async () => {
    const [report] = await check([], { certificate: '/absent/server.crt', key: '/absent/server.key' });
    expect(report).toMatchObject({
      name: 'server.tls',
      ok: false,
      message: expect.stringContaining('/absent/server.'),
    });
  });
});
