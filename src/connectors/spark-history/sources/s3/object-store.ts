import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import { ProxyAgent } from 'proxy-agent';
import type { FoundFile, LogFile } from '../../../../eventlog/index.ts';
import type { SourcePlace } from '../../../../kernel/config.ts';
import { HeadgateError, throwIfCancelled } from '../../../../kernel/errors.ts';
import { faultOf, ObjectReplaced, type S3Request } from './s3-fault.ts';

export type S3Place = Extract<SourcePlace, { kind: 's3' }>;

/** Connections kept: as many as requests are made at once. */
const CONNECTIONS = 64;
const LONGEST_CONNECT_MS = 10_000;
/** The most that ListObjectsV2 gives. */
const PAGE_OBJECTS = 1000;
/** How often a body that was cut is asked for again. Requests that fail before it are repeated by the client itself. */
const BODY_RETRIES = 2;
/** Where the endpoint is configured and the region is not: what MinIO, Ceph and others expect. */
const USUAL_REGION = 'us-east-1';

/** The body ended, or broke off, before all of it was there. */
class CutBody extends Error {}

/** One bucket, through the AWS client: paged listings and ranged reads that fail when the object is another one. */
export class ObjectStore {
  readonly bucket: string;
  readonly #client: S3Client;
  readonly #place: S3Place;
  readonly #source: string;
  readonly #retry = retry(handleType(CutBody), { maxAttempts: BODY_RETRIES, backoff: new ExponentialBackoff() });

  private constructor(source: string, place: S3Place, client: S3Client) {
    this.bucket = /^s3:\/\/([^/]+)/.exec(place.uri)?.[1] ?? '';
    this.#source = source;
    this.#place = place;
    this.#client = client;
  }

  /** Errors: `invalid_argument` for an endpoint that is no URL; `failed_precondition` when no region is set anywhere. */
  static async open(source: string, place: S3Place): Promise<ObjectStore> {
    if (place.endpoint !== null && !URL.canParse(place.endpoint)) {
      throw new HeadgateError('invalid_argument', `The endpoint of the source ${source} is no URL.`, {
        hint: `Set spark_history.sources.${source}.s3.endpoint to http://HOST:PORT or https://HOST.`,
      });
    }
    const client = new S3Client(clientConfig(place));
    const region = await client.config.region().catch(() => '');
    if (region !== '') return new ObjectStore(source, place, client);
    client.destroy();
    if (place.endpoint === null) {
      throw new HeadgateError('failed_precondition', `No AWS region is set for the source ${source}.`, {
        hint: `Set spark_history.sources.${source}.s3.region, or AWS_REGION.`,
      });
    }
    return new ObjectStore(source, place, new S3Client({ ...clientConfig(place), region: USUAL_REGION }));
  }

  /** Address of an object. */
  addressOf(key: string): string {
    return `s3://${this.bucket}/${key}`;
  }

  /** Every object beneath a prefix, in pages of 1,000. */
  async list(prefix: string, signal: AbortSignal | undefined): Promise<FoundFile[]> {
    const found: FoundFile[] = [];
    const input = { Bucket: this.bucket, Prefix: prefix };
    try {
      const pages = paginateListObjectsV2({ client: this.#client, pageSize: PAGE_OBJECTS }, input, {
        ...(signal === undefined ? {} : { abortSignal: signal }),
      });
      for await (const { Contents = [] } of pages) {
        throwIfCancelled(signal);
        for (const { Key, Size = 0, LastModified, ETag } of Contents) {
          if (Key !== undefined) found.push(this.#found(Key, Size, LastModified, ETag));
        }
      }
      return found;
    } catch (error) {
      throw this.#fault(error, prefix === '' ? null : prefix, 's3:ListBucket', signal);
    }
  }

  /** One object as it is now. Errors: `not_found`. */
  async look(key: string, signal: AbortSignal | undefined): Promise<FoundFile> {
    try {
      const command = new HeadObjectCommand({ Bucket: this.bucket, Key: key });
      const { ContentLength = 0, LastModified, ETag } = await this.#client.send(command, abortedBy(signal));
      return this.#found(key, ContentLength, LastModified, ETag);
    } catch (error) {
      throw this.#fault(error, key, 's3:GetObject', signal);
    }
  }

  /**
   * Reads bytes [start, end) of an object as it was listed, handing them on as they come with their offset in the object.
   * A body that is cut is asked for again from where it broke off. Errors: `ObjectReplaced` when it is another object by now.
   */
  async read(
    file: LogFile,
    range: { readonly start: number; readonly end: number },
    take: (bytes: Uint8Array, offset: number) => void | Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const key = this.#keyOf(file);
    let at = range.start;
    try {
      await this.#retry.execute(async () => {
        throwIfCancelled(signal);
        const body = await this.#open(file, at, range.end, signal);
        for await (const bytes of wholeBody(body, range.end - at, this.#place.timeoutMs)) {
          await take(bytes, at);
          at += bytes.length;
        }
      });
    } catch (error) {
      throw this.#fault(error instanceof CutBody ? error.cause : error, key, 's3:GetObject', signal);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #open(file: LogFile, start: number, end: number, signal: AbortSignal | undefined): Promise<Readable> {
    const command = new GetObjectCommand({
      Bucket: this.bucket,
      Key: this.#keyOf(file),
      Range: `bytes=${start}-${end - 1}`,
      ...(file.version === undefined ? {} : { IfMatch: file.version }),
    });
    try {
      const { Body, ContentRange } = await this.#client.send(command, abortedBy(signal));
      if (totalOf(ContentRange) !== file.sizeBytes) {
        (Body as Readable | undefined)?.destroy();
        throw new ObjectReplaced();
      }
      return Body as Readable;
    } catch (error) {
      const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
      // 412: the ETag is another one. 416: it is shorter than the range.
      if (status === 412 || status === 416) throw new ObjectReplaced();
      throw error;
    }
  }

  #found(key: string, sizeBytes: number, modified: Date | undefined, etag: string | undefined): FoundFile {
    return {
      path: this.addressOf(key),
      sizeBytes,
      modifiedMs: modified?.getTime() ?? 0,
      ...(etag === undefined ? {} : { version: etag }),
    };
  }

  #keyOf({ path }: LogFile): string {
    return path.slice(this.addressOf('').length);
  }

  #fault(error: unknown, key: string | null, permission: S3Request['permission'], signal: AbortSignal | undefined) {
    throwIfCancelled(signal);
    const { endpoint, profile, timeoutMs } = this.#place;
    const host = endpoint === null ? null : new URL(endpoint).host;
    return faultOf(error, {
      source: this.#source,
      bucket: this.bucket,
      key,
      endpoint: host,
      profile,
      timeoutMs,
      permission,
    });
  }
}

function clientConfig(place: S3Place): S3ClientConfig {
  const agents = { keepAlive: true, maxSockets: CONNECTIONS };
  // Goes by HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
  const agent = new ProxyAgent({ httpAgent: new HttpAgent(agents), httpsAgent: new HttpsAgent(agents) });
  return {
    ...(place.region === null ? {} : { region: place.region }),
    ...(place.profile === null ? {} : { profile: place.profile }),
    ...(place.endpoint === null ? { followRegionRedirects: true } : { endpoint: place.endpoint }),
    forcePathStyle: place.pathStyle,
    // What is read is held together by its ETag; checksums of whole objects say nothing of ranges.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: new NodeHttpHandler({
      httpAgent: agent,
      httpsAgent: agent as unknown as HttpsAgent,
      connectionTimeout: Math.min(LONGEST_CONNECT_MS, place.timeoutMs),
      requestTimeout: place.timeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: place.timeoutMs,
    }),
  };
}

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** `bytes 0-99/1234` → 1234; NaN when the server does not say. */
function totalOf(contentRange: string | undefined): number {
  return Number(/\/(\d+)$/.exec(contentRange ?? '')?.[1] ?? Number.NaN);
}

/** The bytes of a body that must be so many. Errors: `CutBody` with what broke it, or with the network's word for it. */
async function* wholeBody(body: Readable, length: number, timeoutMs: number): AsyncGenerator<Uint8Array> {
  let left = length;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      // More than was asked for is no part of the range.
      const bytes = chunk.subarray(0, left);
      left -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  } catch (cause) {
    throw new CutBody(`cut after ${length - left} of ${length} bytes, ${timeoutMs} ms`, { cause });
  }
  if (left > 0)
    throw new CutBody('short body', { cause: Object.assign(new Error('short body'), { code: 'ECONNRESET' }) });
}
