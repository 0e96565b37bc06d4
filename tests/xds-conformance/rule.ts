import { setTimeout as pause } from 'node:timers/promises';
import type { ServerUnderTest } from './server-under-test.ts';
import type { Variant } from './variant.ts';
import type { Received, ReceivedResource } from './wire-messages.ts';
import { type ClientNode, RuleBroken, type XdsClient } from './xds-client.ts';

/** What a rule is tried with: a server of its own, and clients that are closed after it. */
export interface Trial {
  readonly server: ServerUnderTest;
  readonly variant: Variant;
  connect(node?: ClientNode): XdsClient;
}

/** One rule of the protocol, as a test that any server can be put to. */
export interface Rule {
  /** Of the checklist: `C1`. */
  readonly id: string;
  /** What a server does that keeps it; ends with the id of the promise. */
  readonly title: string;
  /** Those that the rule has a meaning in. */
  readonly variants: readonly Variant[];
  /** Servers are asked to check what they are given. */
  readonly checked?: boolean;
  /** Errors: {@link RuleBroken} says what the server did or left out. */
  check(trial: Trial): Promise<void>;
}

/** Errors: {@link RuleBroken}. */
export function must(kept: boolean, broken: string): asserts kept {
  if (!kept) throw new RuleBroken(broken);
}

/** Names in a response, sorted. */
export function namesOf(received: Received): string[] {
  return received.resources.map(({ name }) => name).sort();
}

export function mustHold(received: Received, names: readonly string[], why: string): void {
  const held = namesOf(received);
  must(
    JSON.stringify(held) === JSON.stringify([...names].sort()),
    `A response has ${JSON.stringify(held)}, not ${JSON.stringify(names)}: ${why}.`,
  );
}

/** A server that keeps answering, and not what was waited for, is given up. Milliseconds. */
const ENOUGH_MS = 4_000;

/** Accepts responses of a type until one has a resource of this name. */
export async function acceptUntil(
  client: XdsClient,
  typeUrl: string,
  name: string,
  why: string,
): Promise<ReceivedResource> {
  return acceptWhere(client, typeUrl, name, why, () => true);
}

async function acceptWhere(
  client: XdsClient,
  typeUrl: string,
  name: string,
  why: string,
  wanted: (resource: ReceivedResource) => boolean,
): Promise<ReceivedResource> {
  const deadline = Date.now() + ENOUGH_MS;
  for (;;) {
    const received = await client.accept(typeUrl, why);
    const found = received.resources.find((resource) => resource.name === name && wanted(resource));
    if (found !== undefined) return found;
    must(Date.now() < deadline, `Responses come all the time, and ${name} as expected is in none: ${why}.`);
  }
}

/** Accepts responses of a type until one has a resource of this name with these bytes. */
export async function acceptBody(
  client: XdsClient,
  sample: { readonly typeUrl: string; readonly name: string; readonly body: Buffer },
  why: string,
): Promise<ReceivedResource> {
  return acceptWhere(client, sample.typeUrl, sample.name, why, ({ body }) => body.equals(sample.body));
}

/** How long a resource that may not come is waited for. Milliseconds. */
const ABSENCE_MS = 250;

/** Accepts whatever comes for a while. Errors: {@link RuleBroken} when a resource of this name is in it. */
export async function mustNotCome(client: XdsClient, typeUrl: string, name: string, why: string): Promise<void> {
  const seen = client.log.length;
  const until = Date.now() + ABSENCE_MS;
  while (Date.now() < until) {
    acceptAll(client, typeUrl);
    await pause(5);
  }
  const came = client.log
    .slice(seen)
    .some((received) => received.typeUrl === typeUrl && namesOf(received).includes(name));
  must(!came, `${name} came, and may not: ${why}.`);
}

/** Accepts the responses of a type that are there. */
function acceptAll(client: XdsClient, typeUrl: string): void {
  for (const received of client.take(typeUrl)) client.ack(received);
}
