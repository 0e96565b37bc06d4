import type { Configuration } from '../kernel/config.ts';
import { failedReport, type HealthReport } from '../kernel/connector.ts';
import { createIssuerKeys } from './auth/issuer-keys.ts';
import { loadTls } from './http/tls.ts';

/** A key id that no issuer has: asking for it fetches the keys and finds none. */
const NO_KEY = 'headgate-check';

/** Tries what the front door needs besides its port: the TLS files, and the keys of every issuer. One report each. */
export async function checkFrontDoor({
  server,
  auth,
}: Pick<Configuration, 'server' | 'auth'>): Promise<HealthReport[]> {
  const tls = server.tls === null ? [] : [checkTls(server.tls)];
  const issuers = auth.issuers.map((issuer, index) => checkIssuer(issuer, `auth.issuers.${index}`));
  return Promise.all([...tls, ...issuers]);
}

async function checkTls(files: NonNullable<Configuration['server']['tls']>): Promise<HealthReport> {
  const name = 'server.tls';
  try {
    const [wrong] = (await loadTls(files)).warnings;
    if (wrong === undefined) return { name, ok: true, message: files.certificate };
    return { name, ok: false, message: wrong, hint: 'Renew it: the server takes new files without a restart.' };
  } catch (error) {
    return failedReport(name, error);
  }
}

async function checkIssuer(issuer: Configuration['auth']['issuers'][number], name: string): Promise<HealthReport> {
  const { errors } = await import('jose');
  try {
    await createIssuerKeys(issuer)({ alg: 'RS256', kid: NO_KEY }, { payload: '', signature: '' });
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)) {
      const report = failedReport(name, error);
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
      if (cause === undefined) return report;
      return { ...report, message: `${report.message} ${reasonOf(cause)}`, hint: HINT };
    }
  }
  return { name, ok: true, message: `the keys of ${issuer.issuer} can be fetched` };
}

const HINT =
  'Check the address, the proxy (HTTPS_PROXY, NO_PROXY) and the certificate authority (ca); name jwks_url where the issuer has no metadata.';

/** The innermost cause: what the network said. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
