import type { Gap } from '../model/application.ts';
import type { SegmentContent } from '../model/build-application.ts';
import type { LogFile, ResumePoint } from '../open/index.ts';
import { decodedEvents } from './deferred-lines.ts';
import { EventSink, type LineOutcome, type SinkResult } from './event-sink.ts';
import type { Segment, SegmentResult } from './read-segment.ts';

/** Counts over a whole log, and what was lost of it. */
export interface LogTotals {
  readonly eventCount: number;
  readonly damagedLines: number;
  readonly oversizedLines: number;
  readonly bytesRead: number;
  readonly unknownEvents: ReadonlyMap<string, number>;
  /** Gaps that the readers of the files met. */
  readonly gaps: readonly Gap[];
  /** The last line of a file was cut. */
  readonly cutLines: number;
}

/** A line without its end that is longer is not kept in memory until the log has grown, bytes. */
const MAX_OPEN_LINE_BYTES = 16 << 20;
const NOTHING = new Uint8Array(0);

interface ReadFile {
  readonly file: LogFile;
  gaps: readonly Gap[];
  bytesRead: number;
  resume: ResumePoint | null;
}

/**
 * Puts the lines together that two segments of a file share, reads the last line of every file, and keeps the counts.
 * After the last segment it can go on with segments that follow: of the last file from where it ended, or of further files.
 */
export class FragmentJoiner {
  readonly #onContent: (content: SegmentContent) => void;
  readonly #unknown = new Map<string, number>();
  readonly #files: ReadFile[] = [];
  #segments: readonly Segment[] = [];
  #next = 0;
  /** What stands after the last newline of the file. */
  #tail: Uint8Array = NOTHING;
  /** How the tail was taken when the file ended there; null while more of it is to come. */
  #tailOutcome: LineOutcome | null = null;
  #eventCount = 0;
  #damagedLines = 0;
  #oversizedLines = 0;
  #cutLines = 0;
  #diverged = false;

  constructor(onContent: (content: SegmentContent) => void) {
    this.#onContent = onContent;
  }

  /** The segments whose results come next. */
  expect(segments: readonly Segment[]): void {
    this.#segments = segments;
    this.#next = 0;
  }

  /** Where the last file ended; null when the log has to be read anew. */
  get resume(): { readonly file: LogFile; readonly point: ResumePoint } | null {
    const last = this.#files.at(-1);
    const isLong = this.#tail.length > MAX_OPEN_LINE_BYTES || this.#oversizedLines > 0;
    if (last === undefined || last.resume === null || isLong || this.#diverged) return null;
    return { file: last.file, point: last.resume };
  }

  /** True when a line that was taken as whole went on: what was handed over is not what the log says. */
  get diverged(): boolean {
    return this.#diverged;
  }

  /** Bytes that are held for going on. */
  get heldBytes(): number {
    return this.#tail.length;
  }

  /** The next segment in log order. */
  add(result: SegmentResult): void {
    const segment = this.#segments[this.#next] as Segment;
    this.#beginSegment(segment);
    if (result.head !== null) this.#endLine(result.head);
    this.#hand(result);
    this.#oversizedLines += result.oversizedLines;
    this.#note(segment, result);
    if (result.tail.length > 0) this.#lengthen(result.tail);
    const endsFile = this.#segments[this.#next + 1]?.file !== segment.file;
    this.#next += 1;
    if (endsFile) this.#endFile();
  }

  totals(): LogTotals {
    return {
      eventCount: this.#eventCount,
      damagedLines: this.#damagedLines,
      oversizedLines: this.#oversizedLines,
      bytesRead: this.#files.reduce((sum, file) => sum + file.bytesRead, 0),
      unknownEvents: new Map(this.#unknown),
      gaps: this.#files.flatMap((file) => file.gaps),
      cutLines: this.#cutLines,
    };
  }

  #beginSegment(segment: Segment): void {
    if (segment.first) {
      this.#tail = NOTHING;
      this.#tailOutcome = null;
      this.#files.push({ file: segment.file, gaps: [], bytesRead: 0, resume: null });
    } else if (this.#tailOutcome === 'damaged') {
      // The file went on: its last line was not cut, it was not written yet.
      this.#cutLines -= 1;
      this.#tailOutcome = null;
    }
  }

  #endLine(head: Uint8Array): void {
    if (this.#tailOutcome === 'event') {
      this.#diverged ||= !isBlank(head);
    } else this.#join(Buffer.concat([this.#tail, head]));
    this.#tail = NOTHING;
    this.#tailOutcome = null;
  }

  #lengthen(more: Uint8Array): void {
    this.#diverged ||= this.#tailOutcome === 'event' && !isBlank(more);
    this.#tail = this.#tail.length === 0 ? more : Buffer.concat([this.#tail, more]);
  }

  #endFile(): void {
    if (this.#tail.length === 0 || this.#tailOutcome === 'event') return;
    this.#tailOutcome = this.#join(this.#tail);
    if (this.#tailOutcome !== 'damaged') return;
    this.#cutLines += 1;
    this.#damagedLines -= 1;
  }

  /** A file that is read on is a further segment of itself: what its end told before is told anew. */
  #note(segment: Segment, result: SegmentResult): void {
    const file = this.#files.at(-1) as ReadFile;
    const goesOn = this.#next === 0 && !segment.first;
    const known = goesOn ? file.gaps.filter(({ kind }) => kind !== 'truncated-file') : file.gaps;
    file.gaps = [...known, ...result.gaps];
    file.bytesRead = (goesOn ? (segment.range?.start ?? 0) : file.bytesRead) + result.bytesRead;
    const damaged = file.gaps.some(({ kind }) => kind === 'damaged-block');
    file.resume = damaged ? null : result.resume;
  }

  #join(line: Uint8Array): LineOutcome {
    const sink = new EventSink();
    const outcome = sink.line(line);
    this.#hand(sink.finish());
    return outcome;
  }

  #hand(result: SinkResult): void {
    this.#eventCount += result.eventCount;
    this.#damagedLines += result.damagedLines;
    for (const [name, count] of result.unknownEvents) this.#unknown.set(name, (this.#unknown.get(name) ?? 0) + count);
    const events = decodedEvents(result, (readable) => {
      if (readable) this.#eventCount += 1;
      else this.#damagedLines += 1;
    });
    this.#onContent({ tasks: result.tasks, events, segmentCount: this.#segments.length });
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a);
}
