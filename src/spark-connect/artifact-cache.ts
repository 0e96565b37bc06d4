import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { HeadgateError } from '../kernel/errors.ts';
import type { AddArtifactsRequestSchema } from './generated/spark/connect/base_pb.ts';
import { withRetries } from './retry.ts';
import type { Session } from './session.ts';

type Request = MessageInitShape<typeof AddArtifactsRequestSchema>;

/** Size of the parts of an upload, bytes. */
const PART_BYTES = 256 * 1024;
/** What waits here at most before it is sent, bytes. */
const GROUP_BYTES = 8 * 1024 * 1024;

/** The session's cache of uploads, where each is known by its SHA-256. */
export class ArtifactCache {
  readonly #session: Session;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(session: Session, signal: AbortSignal | undefined) {
    this.#session = session;
    this.#signal = signal;
  }

  /** Takes bytes for the cache and gives their hash. They are there after the next `flush`. */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = createHash('sha256').update(bytes).digest('hex');
    this.#waiting.set(`cache/${hash}`, bytes);
    this.#bytes += bytes.byteLength;
    if (this.#bytes >= GROUP_BYTES) await this.flush();
    return hash;
  }

  /** Sends what waits and is not there yet. Errors: `aborted` when it arrived damaged. */
  async flush(): Promise<void> {
    const names = [...this.#waiting.keys()];
    if (names.length === 0) return;
    const { statuses } = await this.#session.call('artifactStatus', { names }, this.#signal);
    const missing = [...this.#waiting].filter(([name]) => statuses[name]?.exists !== true);
    this.#waiting.clear();
    this.#bytes = 0;
    if (missing.length > 0) await this.#upload(missing);
  }

  async #upload(artifacts: readonly (readonly [string, Uint8Array])[]): Promise<void> {
    const session = this.#session;
    const signal = this.#signal;
    const lease = await session.lease(signal);
    const { channel, patience } = session.settings;
    const fields = session.fieldsOf(lease);
    const send = () => channel.upload(requestsOf(artifacts, fields), signal);
    try {
      const answer = await withRetries(send, { signal, patienceMs: patience.callMs });
      session.observe(lease, answer);
      if (answer.artifacts.every(({ isCrcSuccessful }) => isCrcSuccessful)) return;
    } catch (error) {
      throw await session.explain(lease, error, signal);
    }
    throw new HeadgateError('aborted', 'Rows were damaged on their way to the Spark Connect server.', {
      hint: 'Try again.',
    });
  }
}

async function* requestsOf(
  artifacts: readonly (readonly [string, Uint8Array])[],
  fields: object,
): AsyncGenerator<Request> {
  for (const [name, bytes] of artifacts) {
    for (const payload of payloadsOf(name, bytes)) yield { ...fields, payload };
  }
}

/** One message for what fits into one part: the server wants at least two parts of a chunked artifact. */
function* payloadsOf(name: string, bytes: Uint8Array): Generator<NonNullable<Request['payload']>> {
  const count = Math.ceil(bytes.byteLength / PART_BYTES);
  const part = (index: number) => {
    const data = bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES);
    return { data, crc: BigInt(crc32(data)) };
  };
  if (count <= 1) {
    yield { case: 'batch', value: { artifacts: [{ name, data: part(0) }] } };
    return;
  }
  yield {
    case: 'beginChunk',
    value: { name, totalBytes: BigInt(bytes.byteLength), numChunks: BigInt(count), initialChunk: part(0) },
  };
  for (let index = 1; index < count; index++) yield { case: 'chunk', value: part(index) };
}
