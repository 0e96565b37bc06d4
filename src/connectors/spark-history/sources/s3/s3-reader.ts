import { dirname } from 'node:path';
import {
  type Application,
  type ApplicationDetails,
  type FoundFile,
  findInListing,
  type LogFile,
  type LogHeadline,
  type LogRef,
  type NoLog,
  type OpenFile,
  readApplication,
  readDetails,
  readHeadline,
  whyNoLog,
} from '../../../../eventlog/index.ts';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { labelLog } from '../../../../kernel/log-text.ts';
import { countNoun } from '../../../../kernel/units.ts';
import type { LogReader, ReadingOptions, SourceHealth, SourceListing } from '../../log-reader.ts';
import type { SpoolFolder } from '../spool-folder.ts';
import { spoolLog } from '../spool-log.ts';
import { ObjectStore, type S3Place } from './object-store.ts';
import { RangedObject } from './ranged-object.ts';
import { ObjectReplaced } from './s3-fault.ts';

/** Enough to tell whether an object that Spark did not name is a log. */
const TELLING_BYTES = 4096;
/** Bytes of one request when a log is read whole, and such requests at once. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 8;

/** A reader of the logs beneath `s3://bucket/prefix`. Errors: `failed_precondition` when no region is set anywhere. */
export async function createS3Reader(
  source: string,
  place: S3Place,
  parts: { readonly spool: SpoolFolder },
): Promise<LogReader> {
  return new S3Reader(await ObjectStore.open(source, place), place, parts.spool);
}

class S3Reader implements LogReader {
  readonly #store: ObjectStore;
  readonly #spool: SpoolFolder;
  readonly #uri: string;
  /** Without slashes at its end; empty for the whole bucket. */
  readonly #prefix: string;
  /** What was found out about objects that Spark did not name, by address; only of objects that the last listing had. */
  #judged = new Map<string, { readonly version: string | undefined; readonly why: NoLog | null }>();

  constructor(store: ObjectStore, place: S3Place, spool: SpoolFolder) {
    this.#store = store;
    this.#spool = spool;
    this.#uri = place.uri;
    this.#prefix = place.uri.slice(store.addressOf('').length).replace(/\/+$/, '');
  }

  async findLogs({ signal }: { readonly signal?: AbortSignal }): Promise<SourceListing> {
    const beneath = await this.#find(this.#prefix, signal);
    if (beneath.objects.length > 0 || this.#prefix === '') return beneath;
    // Nothing stands beneath the address: it may be a log itself.
    const object = await this.#store.look(this.#prefix, signal).catch((error: unknown) => {
      if (error instanceof HeadgateError && error.code === 'not_found') return null;
      throw error;
    });
    if (object === null) return beneath;
    return findInListing(dirname(object.path), [object], { whyNot: () => Promise.resolve(null), signal });
  }

  async refresh(log: LogRef, { signal }: { readonly signal?: AbortSignal }): Promise<LogRef> {
    const [first] = log.files;
    if (first === undefined) return log;
    if (log.kind === 'single') {
      const now = await this.#store.look(this.#keyOf(first.path), signal);
      const { path, sizeBytes, modifiedMs, version } = now;
      const file: LogFile = { path, sizeBytes, ...(version === undefined ? {} : { version }) };
      return { ...log, files: [file], sizeBytes, modifiedMs };
    }
    const { logs } = await this.#find(this.#keyOf(dirname(first.path)), signal);
    const same = logs.find(({ path }) => path === log.path);
    if (same === undefined) throw new HeadgateError('not_found', `The log ${labelLog(log.path)} is gone.`);
    return same;
  }

  readHeadline(log: LogRef, { signal }: { readonly signal?: AbortSignal } = {}): Promise<LogHeadline> {
    return this.#asItIs(log, signal, (present) => {
      const opened = new Map<string, RangedObject>();
      const open: OpenFile = (file) => {
        const object = opened.get(file.path) ?? new RangedObject(this.#store, file, signal);
        opened.set(file.path, object);
        return Promise.resolve(object);
      };
      return readHeadline(present, { open, ...(signal === undefined ? {} : { signal }) });
    });
  }

  readApplication(log: LogRef, options: ReadingOptions = {}): Promise<Application> {
    return this.#spooled(log, options, readApplication);
  }

  readDetails(log: LogRef, options: ReadingOptions = {}): Promise<ApplicationDetails> {
    return this.#spooled(log, options, readDetails);
  }

  readonly openFile: OpenFile = (file) => Promise.resolve(new RangedObject(this.#store, file, undefined));

  async health(options: { readonly signal?: AbortSignal }): Promise<SourceHealth> {
    const { logs } = await this.findLogs(options);
    const message = countNoun(logs.length, 'event log');
    if (logs.length > 0) return { ok: true, message };
    const hint = `${labelLog(this.#uri)} holds no event logs: check its spelling, or set spark.eventLog.dir of your applications to it.`;
    return { ok: true, message, hint };
  }

  close(): Promise<void> {
    this.#store.close();
    return Promise.resolve();
  }

  async #find(prefix: string, signal: AbortSignal | undefined) {
    const objects = await this.#store.list(prefix === '' ? '' : `${prefix}/`, signal);
    const whole = prefix === this.#prefix;
    const judged = new Map<string, { readonly version: string | undefined; readonly why: NoLog | null }>();
    const whyNot = async (file: FoundFile) => {
      const known = this.#judged.get(file.path);
      const why = known?.version === file.version && known !== undefined ? known.why : await this.#judge(file, signal);
      // A failure to look is looked at again; what an object is stays.
      if (why?.code === undefined) judged.set(file.path, { version: file.version, why });
      return why;
    };
    const found = await findInListing(this.#store.addressOf(prefix), objects, { whyNot, signal });
    if (whole) this.#judged = judged;
    return { ...found, objects };
  }

  async #judge(file: FoundFile, signal: AbortSignal | undefined): Promise<NoLog | null> {
    try {
      return await whyNoLog(file, async (one) => new RangedObject(this.#store, one, signal, TELLING_BYTES));
    } catch (error) {
      if (!(error instanceof ObjectReplaced)) throw error;
      return { reason: 'replaced while it was looked at', code: 'aborted' };
    }
  }

  /** Does work on a log; when one of its objects was replaced meanwhile, once more on what is there now. */
  /** Reads a copy of the log, which is fetched for it. */
  #spooled<T>(
    log: LogRef,
    options: ReadingOptions,
    read: (local: LogRef, options: ReadingOptions) => Promise<T>,
  ): Promise<T> {
    return this.#asItIs(log, options.signal, (present) =>
      spoolLog(present, {
        spool: this.#spool,
        fetch: (file, range, take) => this.#store.read(file, range, take, options.signal),
        partBytes: PART_BYTES,
        partsAtOnce: PARTS_AT_ONCE,
        onProgress: options.onProgress,
        read: (local, onProgress) =>
          read(local, {
            ...(options.signal === undefined ? {} : { signal: options.signal }),
            ...(onProgress === undefined ? {} : { onProgress }),
          }),
      }),
    );
  }

  async #asItIs<T>(log: LogRef, signal: AbortSignal | undefined, work: (log: LogRef) => Promise<T>): Promise<T> {
    try {
      return await work(log);
    } catch (error) {
      if (!(error instanceof ObjectReplaced)) throw error;
    }
    try {
      return await work(await this.refresh(log, signal === undefined ? {} : { signal }));
    } catch (error) {
      if (!(error instanceof ObjectReplaced)) throw error;
      throw new HeadgateError('aborted', `${labelLog(log.path)} was replaced twice while it was read.`, {
        hint: 'Something writes it again and again: try once that has ended.',
      });
    }
  }

  #keyOf(address: string): string {
    return address.slice(this.#store.addressOf('').length);
  }
}
