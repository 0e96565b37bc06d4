import { basename } from 'node:path';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Application } from '../model/application.ts';
import { ApplicationAssembler } from '../model/build-application.ts';
import type { LogFile, LogRef, ResumePoint } from '../open/index.ts';
import { defaultThreads, estimateDecodedBytes, factsOf } from '../read-application.ts';
import { FragmentJoiner } from '../scan/join-segments.ts';
import { planSegments, type ReadOptions, readSegments } from '../scan/read-log.ts';
import type { Segment } from '../scan/read-segment.ts';
import { type FileMark, isSameFile, markFile } from './file-mark.ts';

/** A log that was read and may grow. */
export interface FollowedLog {
  /** As of the last reading. It does not change when the log is read on. */
  readonly application: Application;
  /** Bytes held for reading on, beside the application. */
  readonly heldBytes: number;
  /**
   * Reads on to the present end of the log, whose name may have changed. False when it has to be followed anew: it is
   * shorter, compacted or another one, or it is damaged. One call at a time. Errors: as `readApplication`; after one, and
   * after false, the log cannot be read on any more.
   */
  advance(log: LogRef, options?: ReadOptions): Promise<boolean>;
}

/** Reads a log of this machine as `readApplication` does, and keeps what it takes to read on when it has grown. Errors: as `readApplication`. */
export async function followApplication(log: LogRef, options: ReadOptions = {}): Promise<FollowedLog> {
  const followed = new Follower();
  await followed.begin(log, options);
  return followed;
}

/** Plain text is read on in pieces of so many bytes. */
const PIECE_BYTES = 16 << 20;

/** A plain name tells a file from others of its log also after Spark renamed it at its end. */
const nameOf = (file: LogFile): string => basename(file.path).replace(/\.inprogress$/, '');

class Follower implements FollowedLog {
  readonly #assembler = new ApplicationAssembler();
  readonly #joiner = new FragmentJoiner((content) => this.#assembler.add(content));
  #application: Application | null = null;
  /** The files that were read, in order. */
  #files: readonly LogFile[] = [];
  #marks: readonly FileMark[] = [];
  #compacted = false;

  get application(): Application {
    if (this.#application === null) throw new Error('nothing was read');
    return this.#application;
  }

  get heldBytes(): number {
    return this.#assembler.byteLength + this.#joiner.heldBytes;
  }

  async begin(log: LogRef, options: ReadOptions): Promise<void> {
    const decodedBytes = estimateDecodedBytes(log);
    const threads = options.threads ?? defaultThreads(decodedBytes);
    await this.#read(log, await planSegments(log, { threads, decodedBytes }), threads, options);
  }

  async advance(log: LogRef, options: ReadOptions = {}): Promise<boolean> {
    const segments = await this.#segmentsOn(log);
    if (segments === null) return false;
    const growth = { ...log, sizeBytes: segments.reduce((sum, { range, file }) => sum + sizeOf(range, file), 0) };
    const threads = options.threads ?? defaultThreads(estimateDecodedBytes(growth));
    try {
      await this.#read(log, segments, threads, options);
    } catch (error) {
      // The place where reading ended is no longer what it was.
      if (error instanceof HeadgateError && error.code === 'aborted') return false;
      throw error;
    }
    return !this.#joiner.diverged;
  }

  async #read(log: LogRef, segments: readonly Segment[], threads: number, options: ReadOptions): Promise<void> {
    await readSegments(log, segments, this.#joiner, threads, options);
    if (this.#joiner.diverged) return;
    this.#files = log.files;
    this.#compacted = log.compacted;
    const read = this.#joiner.resume?.point;
    this.#marks = await Promise.all(
      log.files.map((file, i) => markFile(file, i === log.files.length - 1 ? (read?.offset ?? 0) : file.sizeBytes)),
    );
    this.#application = this.#assembler.finishSoFar(factsOf(log, this.#joiner.totals()));
  }

  /** What is to be read now; null when the log is not the one that was read with more at its end. */
  async #segmentsOn(log: LogRef): Promise<Segment[] | null> {
    const { resume } = this.#joiner;
    const known = this.#files;
    if (resume === null || this.#assembler.stopped || log.compacted !== this.#compacted) return null;
    if (log.files.length < known.length) return null;
    const old = log.files.slice(0, known.length);
    if (!old.every((file, i) => nameOf(file) === nameOf(known[i] as LogFile))) return null;
    const whole = old.slice(0, -1).every((file, i) => file.sizeBytes === known[i]?.sizeBytes);
    const last = old.at(-1);
    if (!whole || last === undefined || last.sizeBytes < (known.at(-1)?.sizeBytes ?? 0)) return null;
    const same = await Promise.all(old.map((file, i) => isSameFile(file, this.#marks[i] as FileMark)));
    if (same.includes(false)) return null;
    const further = log.files.slice(known.length).map((file): Segment => ({ file, range: null, first: true }));
    return [...restOf(last, resume.point), ...further];
  }
}

/** What a file has after the place where reading ended: plain text in pieces, which threads share. */
function restOf(file: LogFile, { offset, skip, plain }: ResumePoint): Segment[] {
  // Reading went to where the file ended when it was opened, which may be later than when it was looked for.
  const end = Math.max(offset, file.sizeBytes);
  const step = plain ? PIECE_BYTES : end - offset;
  const segments: Segment[] = [
    { file, range: { start: offset, end: Math.min(end, offset + step), exact: true }, first: false, skip },
  ];
  for (let start = offset + step; start < end; start += step)
    segments.push({ file, range: { start, end: Math.min(end, start + step) }, first: false });
  return segments;
}

const sizeOf = (range: Segment['range'], file: LogFile): number =>
  range === null ? file.sizeBytes : range.end - range.start;
