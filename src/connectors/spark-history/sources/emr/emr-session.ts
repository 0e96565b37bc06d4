import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CreatePersistentAppUICommand,
  DescribePersistentAppUICommand,
  EMRClient,
  type EMRClientConfig,
  GetPersistentAppUIPresignedURLCommand,
} from '@aws-sdk/client-emr';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ProxyAgent } from 'proxy-agent';
import { CookieJar } from 'tough-cookie';
import { type Dispatcher, request } from 'undici';
import type { SourcePlace } from '../../../../kernel/config.ts';
import { HeadgateError, throwIfCancelled } from '../../../../kernel/errors.ts';
import { quoteLogLine } from '../../../../kernel/log-text.ts';
import { label } from '../../../../kernel/quoted.ts';
import { createDispatcher } from '../rest/dispatcher.ts';
import type { OpenSession, RestSession } from '../rest/rest-session.ts';
import { faultOf } from './emr-fault.ts';

export type EmrPlace = Extract<SourcePlace, { kind: 'emr' }>;

/** How long a UI that was just made may take to be ready, ms, and how often it is asked. */
const READY_WITHIN_MS = 120_000;
const POLL_MS = 2000;
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 5;
/** Where the History Server stands on the host of the signed URL. */
const HISTORY_SERVER = '/shs';

/**
 * The session of a cluster's persistent History Server. EMR gives a URL that is signed for a short time; visiting it gives
 * the cookies with which the server's REST is asked; when they are refused, a new URL is asked for.
 */
export class EmrSession implements RestSession {
  readonly #source: string;
  readonly #place: EmrPlace;
  readonly #client: EMRClient;
  readonly #dispatcher: Promise<Dispatcher>;
  readonly #pollMs: number;
  #uiId: string | null = null;
  #opening: Promise<OpenSession> | null = null;

  /** `pollMs`: how often a UI that is not ready is asked. */
  constructor(source: string, place: EmrPlace, pollMs: number = POLL_MS) {
    this.#source = source;
    this.#place = place;
    this.#pollMs = pollMs;
    this.#client = new EMRClient(clientConfig(place));
    this.#dispatcher = createDispatcher(source, { ca: null, verify: true, proxy: null, timeoutMs: place.timeoutMs });
  }

  open(signal: AbortSignal | undefined): Promise<OpenSession> {
    // Shared by the questions that come meanwhile: a caller that cancels does not end it for the others.
    this.#opening ??= this.#start().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return unlessCancelled(this.#opening, signal);
  }

  async renew(used: OpenSession, signal: AbortSignal | undefined): Promise<boolean> {
    if ((await this.#opening?.catch(() => null)) === used) this.#opening = null;
    return (await this.open(signal)) !== used;
  }

  async close(): Promise<void> {
    this.#client.destroy();
    await (await this.#dispatcher).destroy();
  }

  async #start(): Promise<OpenSession> {
    const url = await this.#signedUrl();
    const jar = new CookieJar();
    await this.#visit(url, jar);
    const base = `${url.origin}${HISTORY_SERVER}`;
    const cookie = await jar.getCookieString(`${base}/api/v1/`);
    if (cookie !== '') return { base, headers: { cookie } };
    throw new HeadgateError('unavailable', `The History Server of ${this.#cluster} gave no session.`, {
      hint: 'Try again; if it stays so, open the History Server in the EMR console to see whether it works there.',
    });
  }

  get #cluster(): string {
    return label(this.#place.clusterArn);
  }

  async #signedUrl(): Promise<URL> {
    const deadline = Date.now() + READY_WITHIN_MS;
    for (;;) {
      const uiId = await this.#createUi();
      const { PresignedURLReady: ready, PresignedURL: text = '' } = await this.#call(
        'GetPersistentAppUIPresignedURL',
        () =>
          this.#client.send(
            new GetPersistentAppUIPresignedURLCommand({ PersistentAppUIId: uiId, PersistentAppUIType: 'SHS' }),
          ),
      );
      if (ready !== false && text !== '') return this.#checkUrl(text);
      await this.#checkProgress(uiId);
      if (Date.now() > deadline) {
        throw new HeadgateError('deadline_exceeded', `The History Server of ${this.#cluster} is not ready yet.`, {
          hint: 'EMR makes it when it is first asked for: try again in a minute.',
        });
      }
      await pause(this.#pollMs);
    }
  }

  /** Makes the UI, or finds the one that there is: EMR answers with the same id for the same cluster. */
  async #createUi(): Promise<string> {
    if (this.#uiId !== null) return this.#uiId;
    const { PersistentAppUIId: id } = await this.#call('CreatePersistentAppUI', () =>
      this.#client.send(new CreatePersistentAppUICommand({ TargetResourceArn: this.#place.clusterArn })),
    );
    if (id === undefined || id === '') throw this.#odd('CreatePersistentAppUI gave no id');
    this.#uiId = id;
    return id;
  }

  async #checkProgress(uiId: string): Promise<void> {
    const { PersistentAppUI: ui } = await this.#call('DescribePersistentAppUI', () =>
      this.#client.send(new DescribePersistentAppUICommand({ PersistentAppUIId: uiId })),
    );
    if (!/FAIL|ERROR|TERMINAT|DETACH|DELET/i.test(ui?.PersistentAppUIStatus ?? '')) return;
    // The next attempt makes a new one.
    this.#uiId = null;
    const reason = ui?.LastStateChangeReason ?? '';
    const why = reason === '' ? '' : ` EMR says ${quoteLogLine(reason, 200)}`;
    throw new HeadgateError('unavailable', `EMR could not make the History Server of ${this.#cluster}.${why}`, {
      hint: 'Try again; open the History Server in the EMR console to see whether it works there.',
    });
  }

  #checkUrl(text: string): URL {
    if (!URL.canParse(text)) throw this.#odd('its address is none');
    const url = new URL(text);
    const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && this.#place.endpoint !== null);
    if (!isSafe) throw this.#odd('its address is not https');
    return url;
  }

  #odd(what: string): HeadgateError {
    return new HeadgateError(
      'unavailable',
      `EMR answered oddly about the History Server of ${this.#cluster}: ${what}.`,
      {
        hint: `Try again; check spark_history.sources.${this.#source}.emr.endpoint when it is set.`,
      },
    );
  }

  /** Goes where the signed URL leads, keeping cookies; only on its own host. The URL is a secret: no error shows it. */
  async #visit(start: URL, jar: CookieJar): Promise<void> {
    let url: URL | null = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      url = await this.#step(url, jar);
      if (url === null) return;
      if (url.origin !== start.origin) throw this.#odd('its address leads to another host');
    }
    throw this.#odd('its address leads around in a circle');
  }

  /** Asks one address, and keeps its cookies. Returns where it sends to; null when it does not. */
  async #step(url: URL, jar: CookieJar): Promise<URL | null> {
    const cookie = await jar.getCookieString(url.href);
    const dispatcher = await this.#dispatcher;
    const asked = request(url.href, { dispatcher, headers: cookie === '' ? {} : { cookie } });
    const { statusCode, headers, body } = await asked.catch((cause: unknown) => {
      throw new HeadgateError('unavailable', `The History Server of ${this.#cluster} cannot be reached.`, {
        hint: 'Check the network, and HTTPS_PROXY and NO_PROXY: its host ends in amazonaws.com.',
        cause,
      });
    });
    for (const header of [headers['set-cookie'] ?? []].flat()) {
      await jar.setCookie(header, url.href, { ignoreError: true });
    }
    await body.dump();
    if (statusCode < 300) return null;
    const { location } = headers;
    if (statusCode < 400 && typeof location === 'string' && URL.canParse(location, url.href)) {
      return new URL(location, url.href);
    }
    throw new HeadgateError('unavailable', `The History Server of ${this.#cluster} answers ${statusCode}.`, {
      hint: 'It may still be starting: try again in a minute.',
    });
  }

  async #call<T>(action: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { clusterArn } = this.#place;
      throw faultOf(error, { source: this.#source, clusterArn, action });
    }
  }
}

function clientConfig(place: EmrPlace): EMRClientConfig {
  const agents = { keepAlive: true };
  // Goes by HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
  const agent = new ProxyAgent({ httpAgent: new HttpAgent(agents), httpsAgent: new HttpsAgent(agents) });
  return {
    region: place.clusterArn.split(':')[3] ?? '',
    ...(place.profile === null ? {} : { profile: place.profile }),
    ...(place.endpoint === null ? {} : { endpoint: place.endpoint }),
    requestHandler: new NodeHttpHandler({
      httpAgent: agent,
      httpsAgent: agent as unknown as HttpsAgent,
      connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, place.timeoutMs),
      requestTimeout: place.timeoutMs,
      throwOnRequestTimeout: true,
    }),
  };
}

/** The result, unless this caller cancels before it is there. */
async function unlessCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  throwIfCancelled(signal);
  if (signal === undefined) return work;
  let leave = (): void => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(new HeadgateError('cancelled', 'The call was cancelled by its caller.'));
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
