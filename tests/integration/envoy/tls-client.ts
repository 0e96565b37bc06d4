import { once } from 'node:events';
import { Agent, type RequestOptions, request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Got } from './client.ts';

const HOST = '127.0.0.1';

type Trust = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'headers'>;

/** One TLS connection, with whatever certificate the server showed when it was opened. */
export class TlsClient {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #trust: Trust;
  #socket: TLSSocket | null = null;
  /** Common name of the server's certificate. */
  subject = '';

  static async connect(port: number, trust: Trust): Promise<TlsClient> {
    const client = new TlsClient(port, trust);
    await client.send('/');
    return client;
  }

  private constructor(port: number, trust: Trust) {
    this.#port = port;
    this.#trust = trust;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** Errors: the connection is not the one that was opened. */
  async send(path: string): Promise<Got> {
    const sent = request({ host: HOST, port: this.#port, path, agent: this.#agent, ...this.#trust }).end();
    const [response] = await once(sent, 'response');
    const socket = sent.socket as TLSSocket;
    if (this.#socket !== null && socket !== this.#socket) throw new Error('The connection was closed.');
    this.#socket = socket;
    this.subject = String(socket.getPeerCertificate().subject.CN);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Common name of the certificate that a new connection is shown. */
export async function connectTls(port: number, trust: Trust): Promise<string> {
  const client = await TlsClient.connect(port, trust);
  client.close();
  return client.subject;
}

/** A request by a connection of its own. */
export async function requestOver(port: number, trust: Trust): Promise<Got> {
  const client = new Agent({ keepAlive: false });
  const sent = request({ host: HOST, port, path: '/', agent: client, ...trust }).end();
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}
