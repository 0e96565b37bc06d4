import type { ProxyType, Refusal } from '../proxy.ts';
import type { Resource } from '../resource.ts';
import type { Gate } from './gate.ts';
import type { ResourceSet, TypeResponses } from './transition.ts';
import type { ErrorDetail } from './wire/decode-request.ts';
import type { Dialect } from './wire/dialect.ts';

/** Names that are listed in a status or a refusal. */
export const NAMES_SHOWN = 20;
/** A NACK's message is outside text: this many characters of it are kept. */
const MESSAGE_CHARACTERS = 4000;
/** Responses of one type that may wait for their acknowledgement at once. */
export const UNACKNOWLEDGED = 16;

/** What a watch needs of the stream and the proxy that it belongs to. */
export interface WatchHost {
  readonly dialect: Dialect;
  readonly responses: TypeResponses;
  readonly gate: Gate;
  readonly clock: () => number;
  /** What the proxy's group is served of this type; null: its group has no snapshot yet. */
  current(): ResourceSet | null;
  /** A response sent then, epoch ms, waits long enough for its answer that newer ones need not wait for it. Else the proxy is looked at again. */
  overdue(sentAt: number): boolean;
  /** False: what was written last is still on its way to a client that reads slowly. */
  writable(): boolean;
  /** Sends a response. `changed` is what the client gets that it did not have so. */
  write(message: Buffer, changed: readonly Resource[]): void;
}

/** What a client may have that is not in the current set. */
export interface Outdated {
  readonly resources: readonly Resource[];
  /** It may be something that this server never saw. */
  readonly unknown: boolean;
}

/** What became of a response. */
export interface Acknowledged {
  readonly changed: readonly Resource[];
  /** Those of `changed` that the client did not have before. */
  readonly added: readonly Resource[];
}

/** One type on one stream: what the client subscribed to, what it has, and what it is due. */
export interface Watch {
  readonly typeUrl: string;
  readonly dialect: Dialect;
  /** Of the response sent last; empty: none was. */
  readonly lastNonce: string;
  /** Sends what is due now, if anything. Costs nothing when nothing is. */
  pump(): void;
  /** The client applied the response with this nonce; null: there is none such. */
  acknowledge(nonce: string): Acknowledged | null;
  /** The client refused the response with this nonce; null: there is none such. */
  refuse(nonce: string, detail: ErrorDetail): Refusal | null;
  /** Repeats the times to live (T2). */
  heartbeat(): void;
  subscribes(name: string): boolean;
  /** It is served, and the client did not acknowledge the version that is. */
  lags(name: string): boolean;
  /** It is served, and the client has acknowledged none of its versions since it last needed one. */
  lacks(name: string): boolean;
  /** The client has acknowledged the current set, as far as it subscribes to it. */
  readonly current: boolean;
  /** A response waits for its acknowledgement. */
  readonly waiting: boolean;
  /** The shortest time to live of what the client is to have, milliseconds; null: all is for ever, or the client does not know them. */
  readonly shortestTtl: number | null;
  readonly refusal: Refusal | null;
  outdated(): Iterable<Outdated>;
  /** Sends a resource again, unchanged, as a client that warms what refers to it needs (O2). */
  repeat(name: string): void;
  status(): ProxyType;
}

/** Counts and times that a status shows. */
export class WatchRecord {
  ackCount = 0;
  nackCount = 0;
  acknowledgedVersion: string | null = null;
  acknowledgedAt: number | null = null;
  refusal: Refusal | null = null;
  heldBack: readonly string[] = [];

  acknowledged(version: string, at: number): void {
    this.ackCount += 1;
    this.acknowledgedVersion = version;
    this.acknowledgedAt = at;
  }

  refused(refusal: Refusal): Refusal {
    this.nackCount += 1;
    this.refusal = refusal;
    return refusal;
  }
}

/** A type as a status shows it. `served`: how many that the client subscribes to are there; `pending`: in how many of them it lags. */
export function typeStatus(
  watch: Pick<Watch, 'typeUrl' | 'dialect'>,
  { wildcard, names }: { readonly wildcard: boolean; readonly names: ReadonlySet<string> },
  { served, pending }: { readonly served: number; readonly pending: number },
  { refusal, ...record }: WatchRecord,
): ProxyType {
  return {
    typeUrl: watch.typeUrl,
    protocol: watch.dialect.protocol,
    wildcard,
    subscribedCount: wildcard ? served : names.size,
    currentCount: served - pending,
    pendingCount: pending,
    heldBack: record.heldBack,
    acknowledgedVersion: record.acknowledgedVersion,
    acknowledgedAt: record.acknowledgedAt,
    refused: refusal,
    ackCount: record.ackCount,
    nackCount: record.nackCount,
  };
}

/** What a proxy refused, as it is recorded: names that its message mentions come first. */
export function refusalOf(
  response: { typeUrl: string; version: string; nonce: string; names: readonly string[] },
  detail: ErrorDetail,
  at: number,
): Refusal {
  const { typeUrl, version, nonce, names } = response;
  const mentioned = names.filter((name) => name !== '' && detail.message.includes(name)).slice(0, NAMES_SHOWN);
  const others = names.slice(0, NAMES_SHOWN * 2).filter((name) => !mentioned.includes(name));
  return {
    typeUrl,
    resources: [...mentioned, ...others].slice(0, NAMES_SHOWN),
    resourceCount: names.length,
    version,
    nonce,
    message: detail.message.slice(0, MESSAGE_CHARACTERS),
    at,
  };
}
