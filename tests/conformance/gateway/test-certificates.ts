import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for certificates that goes with the test. */
export async function certificateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-tls-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a self-signed certificate for this machine and its key, by openssl: Node cannot. Absolute paths of PEM files. */
export function makeCertificate(folder: string, name: string): { certificate: string; key: string } {
  const files = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = ['req', '-x509', ...ec, ...names, '-keyout', files.key, '-out', files.certificate];
  execFileSync('openssl', args, { stdio: 'pipe' });
  return files;
}
