import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext, Server as TlsServer } from 'node:tls';
import type { Logger } from 'pino';
import { HeadgateError } from '../../kernel/errors.ts';

/** Absolute paths of PEM files: the certificate with its chain, and its private key. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate and the key that belongs to it. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** What is allowed but will trouble clients. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks certificate and key.
 * Errors: `not_found`, `permission_denied`, and `invalid_argument` for what is no PEM, is encrypted, or does not belong together.
 */
export async function loadTls(files: TlsFiles, now: number = Date.now()): Promise<TlsMaterial> {
  const [cert, key] = await Promise.all([
    readPem('server.tls.certificate', files.certificate),
    readPem('server.tls.key', files.key),
  ]);
  const certificate = parseCertificate(cert, files.certificate);
  if (!certificate.checkPrivateKey(parseKey(key, files.key))) {
    throw wrong(`The key ${files.key} does not belong to the certificate ${files.certificate}.`, {
      hint: 'Name the key that the certificate was requested with; in a chain the server certificate comes first.',
    });
  }
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw wrong(`${files.certificate} cannot be used for TLS.`, {
      hint: 'It must hold the certificate of the server and then its chain, each in PEM.',
      cause,
    });
  }
  return { cert, key, warnings: lifetimeWarnings(certificate, files.certificate, now) };
}

async function readPem(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new HeadgateError(
      missing ? 'not_found' : 'permission_denied',
      missing ? `${setting}: there is no file ${path}.` : `${setting}: the file ${path} cannot be read.`,
      { hint: 'Name a PEM file that the user who runs Headgate can read.', cause },
    );
  }
}

function parseCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw wrong(`${path} is no certificate in PEM.`, { hint: 'It begins with -----BEGIN CERTIFICATE-----.', cause });
  }
}

function parseKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    if (/ENCRYPTED/.test(pem)) {
      throw wrong(`The key ${path} is encrypted.`, {
        hint: 'Decrypt it with openssl pkey, and let only the user who runs Headgate read it.',
        cause,
      });
    }
    throw wrong(`${path} is no private key in PEM.`, { hint: 'It begins with -----BEGIN PRIVATE KEY-----.', cause });
  }
}

function wrong(message: string, options: { hint: string; cause?: unknown }): HeadgateError {
  return new HeadgateError('invalid_argument', message, options);
}

function lifetimeWarnings({ validFrom, validTo }: X509Certificate, path: string, now: number): string[] {
  if (Date.parse(validTo) < now) return [`The certificate ${path} expired on ${validTo}: clients refuse it.`];
  if (Date.parse(validFrom) > now) return [`The certificate ${path} is not valid before ${validFrom}.`];
  return [];
}

/** How often the files are looked at. Milliseconds. */
const WATCH_MS = 5_000;

/**
 * Puts a renewed certificate to use: connections made from then on get it, open ones go on. Files that do not fit,
 * as while one of the two is written, leave the old ones in use. The returned function stops the watch.
 * The files' times are asked for, since notices of the system get lost where a link is swapped, as in Kubernetes.
 */
export function watchTls(
  files: TlsFiles,
  servers: Iterable<unknown>,
  logger: Logger,
  everyMs: number = WATCH_MS,
): () => void {
  const reload = async (): Promise<void> => {
    try {
      const { cert, key, warnings } = await loadTls(files);
      for (const server of servers)
        if (server instanceof TlsServer) server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' });
      logger.info({ certificate: files.certificate }, 'the TLS certificate was read anew');
      for (const warning of warnings) logger.warn(warning);
    } catch (error) {
      logger.warn({ err: error }, 'the changed TLS files are not used: the certificate from before stays');
    }
  };
  const changed = () => void reload();
  const paths = [files.certificate, files.key];
  for (const path of paths) watchFile(path, { interval: everyMs, persistent: false }, changed);
  return () => {
    for (const path of paths) unwatchFile(path, changed);
  };
}
