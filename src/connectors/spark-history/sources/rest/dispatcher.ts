import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import { type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from 'undici';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { labelLog } from '../../../../kernel/log-text.ts';

/** Longest wait for a connection, ms; a source's shorter timeout wins. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Connections to one server: field by field a few questions are open at once. */
const CONNECTIONS = 8;

/** How a server is reached. */
export interface Reach {
  /** Absolute path of a PEM file of authorities to trust besides the system's. */
  readonly ca: string | null;
  /** False: any certificate is taken. */
  readonly verify: boolean;
  /** For this server; null: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
  readonly proxy: string | null;
  /** How long the server may stay silent, before its answer and within it, ms. */
  readonly timeoutMs: number;
}

/**
 * The pool of connections to one server.
 * Errors: `failed_precondition` when the file of authorities is missing or holds no certificate.
 */
export async function createDispatcher(name: string, reach: Reach): Promise<Dispatcher> {
  const tls = await tlsOf(name, reach);
  const options = {
    headersTimeout: reach.timeoutMs,
    bodyTimeout: reach.timeoutMs,
    connections: CONNECTIONS,
    connect: { ...tls, timeout: Math.min(CONNECT_TIMEOUT_MS, reach.timeoutMs) },
    requestTls: tls,
    proxyTls: tls,
  };
  return reach.proxy === null ? new EnvHttpProxyAgent(options) : new ProxyAgent({ ...options, uri: reach.proxy });
}

async function tlsOf(name: string, { ca, verify }: Reach): Promise<{ rejectUnauthorized: boolean; ca?: string[] }> {
  if (ca === null) return { rejectUnauthorized: verify };
  const file = `source ${name}: the file of certificate authorities ${labelLog(ca)}`;
  const text = await readFile(ca, 'utf8').catch((cause: unknown) => {
    throw new HeadgateError('failed_precondition', `${file} cannot be read.`, {
      hint: 'Name an existing PEM file that this user may read.',
      cause,
    });
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new HeadgateError('failed_precondition', `${file} holds no certificate.`, {
      hint: 'It must hold certificates in PEM form, each between BEGIN CERTIFICATE and END CERTIFICATE.',
    });
  }
  return { rejectUnauthorized: verify, ca: [...getCACertificates('default'), text] };
}
