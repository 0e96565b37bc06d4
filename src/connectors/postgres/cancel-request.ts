import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientConfig, PoolClient } from 'pg';

/** How long a cancel request may take. Milliseconds. */
const CANCEL_TIMEOUT_MS = 5_000;
/** Codes of the startup messages, of the protocol's "Message Formats". */
const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;

/** What the server told a connection at its start. */
interface BackendKey {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/**
 * Asks the server to end what a connection runs, over a connection of its own: the busy one cannot be asked. The server does not
 * say whether there was anything to end; the running statement then fails with 57014. Errors: the server cannot be reached.
 */
export async function sendCancelRequest(client: PoolClient, config: ClientConfig): Promise<void> {
  const { processID, secretKey } = client as unknown as BackendKey;
  if (processID === null || secretKey === null) return;
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(CANCEL_REQUEST, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  await new Promise<void>((resolve, reject) => {
    const { host = 'localhost', port = 5432, ssl } = config;
    const plain = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    plain.setTimeout(CANCEL_TIMEOUT_MS, () => plain.destroy(new Error('The cancel request was not taken in time.')));
    plain.once('error', reject);
    // The server closes the connection when it has passed the request on.
    plain.once('close', () => resolve());
    plain.once('connect', () => {
      if (!ssl) plain.end(message);
      else sendOverTls(plain, message, { host, ssl: ssl === true ? {} : ssl }, reject);
    });
    plain.resume();
  });
}

function sendOverTls(
  plain: Socket,
  message: Buffer,
  { host, ssl }: { host: string; ssl: Exclude<ClientConfig['ssl'], boolean | undefined> },
  reject: (error: Error) => void,
): void {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(SSL_REQUEST, 4);
  plain.once('data', (answer) => {
    if (answer.toString('latin1') !== 'S') {
      plain.destroy(new Error('The server does not offer TLS for a cancel request.'));
      return;
    }
    const secure = connectTls({ ...ssl, socket: plain, host }, () => secure.end(message));
    secure.once('error', reject);
    secure.resume();
  });
  plain.write(request);
}
