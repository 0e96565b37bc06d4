import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAuthenticator } from '../../../src/gateway/auth/authenticator.ts';
import { metadataUrls } from '../../../src/gateway/auth/issuer-keys.ts';
import type { Verdict } from '../../../src/gateway/auth/verdict.ts';
import type { AuthConfiguration } from '../../../src/kernel/config.ts';
import { certificateFolder, makeCertificate } from './test-certificates.ts';
import { AUDIENCE, startIssuer, type TestIssuer } from './test-issuer.ts';

type IssuerSettings = AuthConfiguration['issuers'][number];

/** What the authenticator of one issuer makes of a token. */
async function verdictOf(issuer: TestIssuer, token: string, changes: Partial<IssuerSettings> = {}): Promise<Verdict> {
  return authenticatorOf(issuer, changes).authenticate(`Bearer ${token}`);
}

function authenticatorOf(issuer: TestIssuer, changes: Partial<IssuerSettings> = {}) {
  const authenticator = createAuthenticator({ tokens: [], issuers: [issuer.settings(changes)] });
  if (authenticator === undefined) throw new Error('there is an issuer');
  return authenticator;
}

/** The identity without what is no data. */
function claimsOf(verdict: Verdict) {
  if ('refused' in verdict) return verdict;
  const { subject, tenant, scopes } = verdict.identity;
  return { subject, tenant, scopes: [...scopes] };
}

/** An address of an issuer that failed is not asked again before. */
function passASecond(): void {
  vi.setSystemTime(Date.now() + 1_001);
  onTestFinished(() => void vi.useRealTimers());
}

const refused = (reason: string) => ({ refused: 'invalid_token', reason });
const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow;

describe('a static token', () => {
  const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
  const authenticator = createAuthenticator({
    tokens: [
      { name: 'ci', sha256: sha256('hg_first'), scopes: ['read'], tenant: 'blue' },
      { name: 'ops', sha256: sha256('hg_second'), scopes: ['read', 'admin'], tenant: 'green' },
    ],
    issuers: [],
  });

  it.each([
    ['Bearer hg_first', { subject: 'ci', tenant: 'blue', scopes: ['read'] }],
    ['bearer  hg_second', { subject: 'ops', tenant: 'green', scopes: ['read', 'admin'] }],
    ['Bearer hg_third', refused('The token is not one that this gateway knows.')],
    ['Bearer', { refused: 'no_token', reason: expect.any(String) }],
    ['Basic aGdfZmlyc3Q6', { refused: 'no_token', reason: expect.any(String) }],
    ['Bearer hg_first hg_second', { refused: 'no_token', reason: expect.any(String) }],
    [undefined, { refused: 'no_token', reason: expect.any(String) }],
  ])('%j gives what is written beside its digest [team.static-tokens]', async (header, expected) => {
    expect(claimsOf(await (authenticator as NonNullable<typeof authenticator>).authenticate(header))).toEqual(expected);
  });

  it('is needed by nobody where none is configured', () => {
    expect(createAuthenticator({ tokens: [], issuers: [] })).toBeUndefined();
  });
});

describe('a JWT', () => {
  it('of the issuer gives subject and scopes [team.jwt]', async () => {
    const issuer = await startIssuer();
    const token = await issuer.token({ scope: 'openid read write' });
    expect(claimsOf(await verdictOf(issuer, token))).toEqual({
      subject: 'ada',
      tenant: 'local',
      scopes: ['read', 'write'],
    });
  });

  it.each([
    ['a list', { scopesClaim: 'permissions' }, { permissions: ['admin', 7, 'read'] }, ['admin', 'read']],
    [
      'words of its own',
      { scopes: { 'hg.r': 'read', 'hg.w': 'write' } },
      { scope: 'hg.w hg.r write' },
      ['write', 'read'],
    ],
    ['a path', { scopesClaim: 'realm_access.roles' }, { realm_access: { roles: ['read'] } }, ['read']],
    ['a name with dots', { scopesClaim: 'https://x.example/s' }, { 'https://x.example/s': 'read' }, ['read']],
    ['nothing', {}, { scope: undefined }, []],
    ['what a prototype has', { scopes: { a: 'read' }, scopesClaim: 'scope' }, { scope: 'constructor toString' }, []],
  ] as const)('has its scopes from %s [team.jwt]', async (_what, changes, claims, scopes) => {
    const issuer = await startIssuer();
    const verdict = await verdictOf(issuer, await issuer.token(claims as object), changes as Partial<IssuerSettings>);
    expect(claimsOf(verdict)).toMatchObject({ scopes });
  });

  it('has its tenant from the claim, and is refused without [team.jwt]', async () => {
    const issuer = await startIssuer();
    const changes = { tenantClaim: 'org' };
    const authenticator = authenticatorOf(issuer, changes);
    const verdicts = await Promise.all(
      [{ org: 'blue' }, {}, { org: '' }, { org: 'a b' }, { org: ['blue'] }, { org: '../local' }].map(async (claims) =>
        claimsOf(await authenticator.authenticate(`Bearer ${await issuer.token(claims)}`)),
      ),
    );
    const none = refused('The token does not say of which tenant it is.');
    expect(verdicts).toEqual([{ subject: 'ada', tenant: 'blue', scopes: ['read'] }, none, none, none, none, none]);
  });

  it.each([
    ['expired', { exp: seconds(-60) }, {}, 'The token has expired.'],
    ['never expiring', { exp: undefined }, {}, 'The token does not say when it expires.'],
    ['early', { nbf: seconds(60) }, {}, 'The token is not valid yet.'],
    ['for another audience', { aud: 'https://other.example' }, {}, 'The token is for another audience.'],
    ['for no audience', { aud: undefined }, {}, 'The token is for another audience.'],
    ['of nobody', { sub: undefined }, {}, 'The token does not say whose it is.'],
    ['of an empty subject', { sub: '' }, {}, 'The token does not say whose it is.'],
    ['of a subject with line breaks', { sub: 'a\nb' }, {}, 'The token does not say whose it is.'],
    [
      'of another issuer',
      { iss: 'https://evil.example' },
      {},
      'The token is of an issuer that this gateway does not trust.',
    ],
    ['no access token', {}, { typ: 'logout+jwt' }, 'The token is no access token.'],
    ['of a type that is no text', {}, { typ: 5 as never }, 'The token is no access token.'],
  ])('that is %s is refused [team.jwt-refused]', async (_what, claims, header, reason) => {
    const issuer = await startIssuer();
    expect(await verdictOf(issuer, await issuer.token(claims as object, header))).toEqual(refused(reason));
  });

  it.each(['JWT', 'at+jwt', 'application/at+jwt', undefined])(
    'of the type %s is an access token [team.jwt]',
    async (typ) => {
      const issuer = await startIssuer();
      expect(claimsOf(await verdictOf(issuer, await issuer.token({}, { typ })))).toMatchObject({ subject: 'ada' });
    },
  );

  it('within thirty seconds of its end or beginning is taken: clocks differ [team.jwt]', async () => {
    const issuer = await startIssuer();
    const token = await issuer.token({ exp: seconds(-10), nbf: seconds(10) });
    expect(claimsOf(await verdictOf(issuer, token))).toMatchObject({ subject: 'ada' });
  });

  it('signed by another key of the same name is refused [team.jwt-refused]', async () => {
    const issuer = await startIssuer();
    const forger = await startIssuer();
    const token = await forger.token({ iss: issuer.url });
    expect(await verdictOf(issuer, token)).toEqual(refused('The signature of the token is wrong.'));
  });

  it('with changed claims is refused [team.jwt-refused]', async () => {
    const issuer = await startIssuer();
    const [header, payload = '', signature] = (await issuer.token()).split('.');
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), scope: 'read write admin' };
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    expect(await verdictOf(issuer, forged)).toEqual(refused('The signature of the token is wrong.'));
  });

  it.each(['none', 'None', 'NONE'])('with alg %s is refused, signed or not [team.jwt-refused]', async (alg) => {
    const issuer = await startIssuer();
    const [, payload, signature] = (await issuer.token()).split('.');
    const header = Buffer.from(JSON.stringify({ alg, kid: 'first' })).toString('base64url');
    for (const end of ['', signature]) {
      expect(await verdictOf(issuer, `${header}.${payload}.${end}`)).toEqual(
        refused('The token is signed in a way that is not accepted.'),
      );
    }
  });

  it('signed with the public key as a shared secret is refused, in every form of that key [team.jwt-refused]', async () => {
    const issuer = await startIssuer();
    const [key = {}] = issuer.keys;
    const [, payload] = (await issuer.token()).split('.');
    const pem = await exportSPKI((await importJWK(key, 'ES256')) as Parameters<typeof exportSPKI>[0]);
    for (const secret of [pem, pem.trim(), JSON.stringify(key), String(key.x)]) {
      const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'first' })).toString('base64url');
      const signature = createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url');
      expect(await verdictOf(issuer, `${head}.${payload}.${signature}`)).toEqual(
        refused('The token is signed in a way that is not accepted.'),
      );
    }
  });

  it.each(['a.b.c', 'e30.e30.', '..', `${'x'.repeat(5_000)}.y.z`])(
    'that is none (%#) is refused [team.jwt-refused]',
    async (token) => {
      const issuer = await startIssuer();
      expect(await verdictOf(issuer, token)).toMatchObject({ refused: 'invalid_token' });
      expect(issuer.asked).toEqual([]);
    },
  );

  it('without a key id is taken where there is one key, and refused where there are several [team.jwt] [team.jwt-refused]', async () => {
    const issuer = await startIssuer();
    const authenticator = authenticatorOf(issuer);
    const anonymous = await issuer.token({}, { kid: undefined });
    expect(claimsOf(await authenticator.authenticate(`Bearer ${anonymous}`))).toMatchObject({ subject: 'ada' });
    await issuer.rotate('second');
    const later = await issuer.token({}, { kid: undefined });
    expect(await verdictOf(issuer, later)).toEqual(
      refused('The token does not name its key, and its issuer has several.'),
    );
  });

  it('whose key it brings along is refused [team.jwt-refused]', async () => {
    const issuer = await startIssuer();
    const pair = await generateKeyPair('ES256');
    const token = await new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'eve', exp: seconds(60) })
      .setProtectedHeader({ alg: 'ES256', kid: 'mine', jku: 'http://127.0.0.1:1/keys' })
      .sign(pair.privateKey);
    expect(await verdictOf(issuer, token)).toEqual(
      refused('The token is signed by a key that its issuer does not have.'),
    );
  });

  it('of one of two audiences of an issuer belongs to the entry of its audience [team.jwt]', async () => {
    const issuer = await startIssuer();
    const authenticator = createAuthenticator({
      tokens: [],
      issuers: [issuer.settings({ tenant: 'blue' }), issuer.settings({ audience: 'green-gate', tenant: 'green' })],
    });
    const token = await issuer.token({ aud: ['other', 'green-gate'] });
    expect(
      claimsOf(await (authenticator as NonNullable<typeof authenticator>).authenticate(`Bearer ${token}`)),
    ).toMatchObject({ tenant: 'green' });
  });
});

describe('the same subject', () => {
  it('of two issuers, two tenants or a static token is not the same caller [team.sessions-bound]', async () => {
    const [one, two] = [await startIssuer(), await startIssuer()];
    const authenticator = createAuthenticator({
      tokens: [
        { name: 'ada', sha256: createHash('sha256').update('t').digest('hex'), scopes: ['read'], tenant: 'local' },
      ],
      issuers: [one.settings({ tenantClaim: 'org' }), two.settings()],
    });
    const tokens = [await one.token({ org: 'local' }), await one.token({ org: 'blue' }), await two.token(), 't'];
    const keys = await Promise.all(
      tokens.map(async (token) => {
        const verdict = await authenticator?.authenticate(`Bearer ${token}`);
        return verdict !== undefined && 'identity' in verdict ? verdict.identity.key : 'none';
      }),
    );
    expect(new Set(keys).size).toBe(4);
  });
});

describe('the keys of an issuer', () => {
  it('are fetched once, again for a key that is new, and then not for the next unknown one [team.jwks-rotation]', async () => {
    const issuer = await startIssuer();
    const authenticator = authenticatorOf(issuer, { jwksUrl: `${issuer.url}/keys` });
    const ask = async (kid?: string) =>
      claimsOf(await authenticator.authenticate(`Bearer ${await issuer.token({}, kid === undefined ? {} : { kid })}`));
    await ask();
    await ask();
    expect(issuer.asked).toEqual(['/keys']);
    const unknown = refused('The token is signed by a key that its issuer does not have.');
    // Fetched a moment ago: not again, whoever asks and however often.
    for (let time = 0; time < 5; time += 1) expect(await ask(`unknown-${time}`)).toEqual(unknown);
    expect(issuer.asked).toEqual(['/keys']);
    const fetched = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => fetched + 31_000);
    onTestFinished(() => void vi.restoreAllMocks());
    await issuer.rotate('second');
    expect(await ask()).toMatchObject({ subject: 'ada' });
    expect(await ask('unknown')).toEqual(unknown);
    expect(issuer.asked).toEqual(['/keys', '/keys']);
  });

  it.each([
    ['/.well-known/oauth-authorization-server', ''],
    ['/.well-known/openid-configuration', ''],
    ['/.well-known/oauth-authorization-server/realms/data', '/realms/data'],
    ['/.well-known/openid-configuration/realms/data', '/realms/data'],
    ['/realms/data/.well-known/openid-configuration', '/realms/data'],
  ])('are found through metadata at %s [team.jwt]', async (metadataPath, path) => {
    const issuer = await startIssuer(metadataPath, path);
    expect(claimsOf(await verdictOf(issuer, await issuer.token()))).toMatchObject({ subject: 'ada' });
    expect(issuer.asked.at(-1)).toBe('/keys');
  });

  it('are looked for at every place once', () => {
    expect(metadataUrls('https://a.example/')).toEqual([
      'https://a.example/.well-known/oauth-authorization-server',
      'https://a.example/.well-known/openid-configuration',
    ]);
  });

  it.each([
    ['answers 500', { status: 500, body: '' }],
    ['answers garbage', { status: 200, body: '<html>' }],
    ['answers JSON that is no key set', { status: 200, body: '{"keys":7}' }],
    ['answers more than keys are', { status: 200, body: `{"keys":[],"x":"${'x'.repeat(2_000_000)}"}` }],
  ])('that %s make its tokens unavailable until it does not [team.jwks-unreachable]', async (_what, failing) => {
    const issuer = await startIssuer();
    for (const changes of [{}, { jwksUrl: `${issuer.url}/keys` }]) {
      const authenticator = authenticatorOf(issuer, changes);
      const header = `Bearer ${await issuer.token()}`;
      issuer.failing = failing;
      await expect(authenticator.authenticate(header)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(issuer.url),
      });
      issuer.failing = undefined;
      passASecond();
      expect(claimsOf(await authenticator.authenticate(header))).toMatchObject({ subject: 'ada' });
    }
  });

  it('that cannot be had are not asked for with every request: an address once a second [team.jwks-unreachable]', async () => {
    const issuer = await startIssuer();
    const authenticator = authenticatorOf(issuer);
    const header = `Bearer ${await issuer.token()}`;
    issuer.failing = { status: 500, body: '' };
    for (let time = 0; time < 20; time += 1)
      await expect(authenticator.authenticate(header)).rejects.toMatchObject({ code: 'unavailable' });
    const once = new Set(issuer.asked).size;
    expect(issuer.asked.length).toBeLessThan(20);
    const before = issuer.asked.length;
    passASecond();
    await expect(authenticator.authenticate(header)).rejects.toMatchObject({ code: 'unavailable' });
    expect(issuer.asked).toHaveLength(before + once);
  });

  it('are fetched over TLS from whom the configured authority vouches for [team.jwks-unreachable] [team.jwt]', async () => {
    const issuer = await startIssuer();
    const files = makeCertificate(await certificateFolder(), 'issuer');
    const server = createServer(
      { cert: readFileSync(files.certificate), key: readFileSync(files.key) },
      (_request, response) => response.end(JSON.stringify({ keys: issuer.keys })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const jwksUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    const token = await issuer.token();
    await expect(verdictOf(issuer, token, { jwksUrl })).rejects.toMatchObject({ code: 'unavailable' });
    const vouched = { jwksUrl, ca: files.certificate };
    expect(claimsOf(await verdictOf(issuer, token, vouched))).toMatchObject({ subject: 'ada' });
  });

  it('are not taken from metadata of another issuer [team.jwks-unreachable]', async () => {
    const issuer = await startIssuer();
    issuer.failing = {
      status: 200,
      body: JSON.stringify({ issuer: 'https://evil.example', jwks_uri: `${issuer.url}/keys` }),
    };
    await expect(verdictOf(issuer, await issuer.token())).rejects.toMatchObject({ code: 'unavailable' });
    expect(issuer.asked).not.toContain('/keys');
  });
});
