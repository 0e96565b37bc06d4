import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { type Agent, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeServer, DEFAULT_CONNECTION_LIMITS } from '../../../src/gateway/http/node-server.ts';
import { loadTls, watchTls } from '../../../src/gateway/http/tls.ts';
import { startGateway } from './harness.ts';
import { TEAM } from './test-callers.ts';
import { certificateFolder, makeCertificate } from './test-certificates.ts';

async function ask(url: string, ca: string, agent?: Agent): Promise<{ status: number; headers: object; body: string }> {
  const outgoing = request(url, { ca: readFileSync(ca), ...(agent === undefined ? {} : { agent }) });
  outgoing.end();
  const [answer] = await once(outgoing, 'response');
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

describe('a gateway with certificate and key', () => {
  it('is https, for everything [team.tls] [team.tls-announced]', async () => {
    const files = makeCertificate(await certificateFolder(), 'one');
    const { url } = await startGateway({ tls: files, auth: TEAM });
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect((await ask(`${url}/health`, files.certificate)).status).toBe(200);
    const refused = await ask(`${url}/metrics`, files.certificate);
    expect(refused.headers).toMatchObject({
      'www-authenticate': expect.stringContaining(`resource_metadata="${url}/.well-known/oauth-protected-resource"`),
    });
    await expect(fetch(url.replace('https', 'http'))).rejects.toThrow();
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('refuses %s [team.tls]', async (version) => {
    const files = makeCertificate(await certificateFolder(), 'one');
    const { listening } = await startGateway({ tls: files });
    const socket = connect({
      port: listening.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      // Without it OpenSSL refuses these versions by itself, and the test would show nothing.
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const [error] = await once(socket, 'error');
    expect(String(error.message)).toMatch(/alert (number 70|protocol version)|protocol version/);
  });

  it('whose client never begins the handshake is let go [team.slow-loris] [team.tls]', async () => {
    const files = makeCertificate(await certificateFolder(), 'one');
    const { url } = await startGateway({ tls: files, connections: { headersMs: 100 } });
    const { openRaw } = await import('./raw-connection.ts');
    expect(await (await openRaw(url)).closed).toBe('');
  });
});

describe('files that do not do', () => {
  it.each([
    [
      'a certificate that is not there',
      'not_found',
      /server\.tls\.certificate: there is no file .*absent\.crt/,
      () => ({ certificate: 'absent.crt' }),
    ],
    [
      'a key that is not there',
      'not_found',
      /server\.tls\.key: there is no file .*absent\.key/,
      () => ({ key: 'absent.key' }),
    ],
    [
      'the key of another certificate',
      'invalid_argument',
      /two\.key does not belong to the certificate .*one\.crt/,
      () => ({ key: 'two.key' }),
    ],
    [
      'a key for a certificate',
      'invalid_argument',
      /one\.key is no certificate in PEM/,
      () => ({ certificate: 'one.key' }),
    ],
    ['a certificate for a key', 'invalid_argument', /one\.crt is no private key in PEM/, () => ({ key: 'one.crt' })],
    [
      'an encrypted key',
      'invalid_argument',
      /encrypted\.key is encrypted/,
      (folder: string) => {
        const args = [
          'ec',
          '-aes256',
          '-passout',
          'pass:hunter2',
          '-in',
          join(folder, 'one.key'),
          '-out',
          join(folder, 'encrypted.key'),
        ];
        execFileSync('openssl', args, { stdio: 'pipe' });
        return { key: 'encrypted.key' };
      },
    ],
    ['a folder', 'permission_denied', /server\.tls\.key: the file .* cannot be read/, () => ({ key: '.' })],
  ])('such as %s are named before a port is opened [team.tls]', async (_what, code, message, change) => {
    const folder = await certificateFolder();
    makeCertificate(folder, 'two');
    const files = makeCertificate(folder, 'one');
    const changed = Object.entries(change(folder)).map(([name, file]) => [name, join(folder, file)]);
    const tls = { ...files, ...Object.fromEntries(changed) };
    await expect(loadTls(tls)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
    await expect(startGateway({ tls })).rejects.toMatchObject({ code });
  });

  it.runIf(process.getuid?.() !== 0)('such as one that may not be read are named [team.tls]', async () => {
    const files = makeCertificate(await certificateFolder(), 'one');
    chmodSync(files.key, 0o000);
    await expect(loadTls(files)).rejects.toMatchObject({ code: 'permission_denied' });
  });

  it('such as an expired one are warned of [team.tls]', async () => {
    const files = makeCertificate(await certificateFolder(), 'one');
    expect((await loadTls(files)).warnings).toEqual([]);
    const day = 86_400_000;
    expect((await loadTls(files, Date.now() + 2 * day)).warnings).toEqual([
      expect.stringMatching(/one\.crt expired on /),
    ]);
    expect((await loadTls(files, Date.now() - 2 * day)).warnings).toEqual([
      expect.stringMatching(/one\.crt is not valid before /),
    ]);
  });
});

describe('a renewed certificate', () => {
  it('is used for new connections while an open one goes on, and a broken one is not [team.tls-reload]', async () => {
    const folder = await certificateFolder();
    const used = makeCertificate(folder, 'used');
    const { port, server } = await listen(used);
    const log: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(JSON.parse(line).msg) });
    onTestFinished(watchTls(used, [server], logger, 20));
    const nameAt = async () => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { subject } = socket.getPeerCertificate() as DetailedPeerCertificate;
      socket.destroy();
      return subject.CN;
    };
    const open = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(open, 'secureConnect');
    expect(await nameAt()).toBe('used');

    writeFileSync(used.certificate, 'garbage');
    await until(() => log.some((line) => line.startsWith('the changed TLS files are not used')));
    expect(await nameAt()).toBe('used');

    const renewed = makeCertificate(folder, 'renewed');
    copyFileSync(renewed.key, used.key);
    copyFileSync(renewed.certificate, used.certificate);
    await until(() => log.includes('the TLS certificate was read anew'));
    expect(await nameAt()).toBe('renewed');
    expect(await roundTrip(open)).toContain('200 OK');
  });
});

async function listen(files: { certificate: string; key: string }) {
  const server = createNodeServer(
    (_request, response) => response.end('here'),
    DEFAULT_CONNECTION_LIMITS,
    await loadTls(files),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function roundTrip(socket: TLSSocket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [chunk] = await once(socket, 'data');
  socket.destroy();
  return String(chunk);
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 10));
}
