import type { RestServerAccess } from '../../../../kernel/config.ts';
import type { SecretResolver } from '../../../../kernel/secret-resolver.ts';

/** Where the REST of a server is now, and what shows the server who asks. */
export interface OpenSession {
  /** Without a slash at its end and without `/api/v1`. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Who the client is to its server. */
export interface RestSession {
  /** Errors: what stands in the way of a session, naming it. */
  open(signal: AbortSignal | undefined): Promise<OpenSession>;
  /** After the server refused `used`: whether `open` gives something else now, so that asking again can help. */
  renew(used: OpenSession, signal: AbortSignal | undefined): Promise<boolean>;
}

/** An address with name and password taken out of it. */
export interface SplitUrl {
  readonly base: string;
  readonly username: string | null;
  readonly password: string | null;
}

/** Takes credentials out of an address, and `/api/v1`, which people copy with it. */
export function splitUrl(url: string): SplitUrl {
  const parsed = new URL(url);
  const username = parsed.username === '' ? null : decodeURIComponent(parsed.username);
  const password = parsed.password === '' ? null : decodeURIComponent(parsed.password);
  const path = parsed.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  return { base: `${parsed.origin}${path}`, username, password };
}

/** A session by name and password, by token, or by nothing. Secrets are fetched at the first question, and anew when they are refused. */
export class SecretSession implements RestSession {
  readonly #name: string;
  readonly #access: Pick<RestServerAccess, 'url' | 'username' | 'password' | 'token'>;
  readonly #resolve: SecretResolver;
  #open: OpenSession | null = null;

  constructor(name: string, access: RestServerAccess, resolve: SecretResolver) {
    this.#name = name;
    this.#access = access;
    this.#resolve = resolve;
  }

  async open(): Promise<OpenSession> {
    this.#open ??= await this.#make();
    return this.#open;
  }

  async renew(used: OpenSession): Promise<boolean> {
    const fresh = await this.#make();
    this.#open = fresh;
    return fresh.headers.authorization !== used.headers.authorization;
  }

  async #make(): Promise<OpenSession> {
    const { base, username, password } = splitUrl(this.#access.url);
    const authorization = await this.#authorization(username, password);
    return { base, headers: authorization === null ? {} : { authorization } };
  }

  async #authorization(urlName: string | null, urlPassword: string | null): Promise<string | null> {
    const { token } = this.#access;
    if (token !== null) return `Bearer ${await this.#resolve(token, `The token of source ${this.#name}`)}`;
    const username = this.#access.username ?? urlName;
    const password = this.#access.password ?? urlPassword;
    if (username === null && password === null) return null;
    const word = password === null ? '' : await this.#resolve(password, `The password of source ${this.#name}`);
    return `Basic ${Buffer.from(`${username ?? ''}:${word}`, 'utf8').toString('base64')}`;
  }
}
