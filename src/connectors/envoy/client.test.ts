import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayAccess } from '../../kernel/config.ts';
import { ControlPlaneClient } from './client.ts';
import { accessTo, type GatewayUnderTest, gatewayUnderTest } from './fixtures/gateway-under-test.ts';
import { Current } from './wire.ts';

let folder: string;
let gateway: GatewayUnderTest;

const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-tls-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-days', '1', '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.pem');
  writeFileSync(file('ext'), 'subjectAltName=IP:127.0.0.1\n');
  const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'ext'];
  for (const name of ['server', 'client']) {
    openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.pem`);
  }
  const read = (name: string) => readFileSync(file(name), 'utf8');
  gateway = await gatewayUnderTest({
    certificate: read('server.pem'),
    key: read('server.key'),
    clientCa: read('ca.pem'),
  });
});

afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

async function versionBy(over: Partial<GatewayAccess>): Promise<unknown> {
  const client = new ControlPlaneClient({
    access: accessTo(gateway.url, over),
    resolveSecret: async () => 'secret-token',
  });
  const answer = await client.ask({ path: 'version' }, Current).catch((error: unknown) => error);
  await client.close();
  return answer;
}

describe('TLS', () => {
  it('is spoken with a client whose certificate the API knows [control-plane-api.mtls]', async () => {
    const client = { certificate: file('client.pem'), key: file('client.key') };
    expect(await versionBy({ ca: file('ca.pem'), client })).toMatchObject({ version: gateway.controlPlane.version });
  });

  it('is not spoken with others, nor with a server that nobody vouches for [control-plane-api.mtls]', async () => {
    // TLS 1.3: the client learns that its certificate is missing by an alert, or by the end of the connection.
    const { code } = (await versionBy({ ca: file('ca.pem') })) as { code: string };
    expect(['failed_precondition', 'unavailable']).toContain(code);
    const unknown = await versionBy({});
    expect(unknown).toMatchObject({ code: 'failed_precondition', hint: expect.stringContaining('gateway.ca') });
    expect(await versionBy({ ca: file('ext') })).toMatchObject({ message: expect.stringContaining('is no PEM') });
  });
});
