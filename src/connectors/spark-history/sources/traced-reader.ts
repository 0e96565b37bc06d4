import type { SparkHistorySource } from '../../../kernel/config.ts';
import type { TracePort } from '../../../kernel/trace.ts';
import type { LogReader } from '../log-reader.ts';

/** The same reader, with what takes long as a span: which source, of which kind, what was done. */
export function tracedReader(reader: LogReader, { name, place }: SparkHistorySource, trace: TracePort): LogReader {
  const span = <T>(step: string, work: () => Promise<T>): Promise<T> =>
    trace.span(`spark-history ${step}`, { 'headgate.source': name, 'headgate.source.kind': place.kind }, work);
  const { headlinesAtOnce, onThisMachine, openFile } = reader;
  return {
    ...(headlinesAtOnce === undefined ? {} : { headlinesAtOnce }),
    ...(onThisMachine === undefined ? {} : { onThisMachine }),
    ...(openFile === undefined ? {} : { openFile }),
    ...optionalSteps(reader, span),
    findLogs: (options) => span('list', () => reader.findLogs(options)),
    refresh: (log, options) => reader.refresh(log, options),
    readHeadline: (log, options) => reader.readHeadline(log, options),
    readApplication: (log, options) => span('read', () => reader.readApplication(log, options)),
    health: (options) => reader.health(options),
    close: () => reader.close(),
  };
}

/** What only some readers can do. */
function optionalSteps(reader: LogReader, span: <T>(step: string, work: () => Promise<T>) => Promise<T>) {
  const follow = reader.followApplication?.bind(reader);
  const details = reader.readDetails?.bind(reader);
  const threads = reader.readThreads?.bind(reader);
  const steps: Partial<LogReader> = {
    ...(follow && { followApplication: (log, options) => span('follow', () => follow(log, options)) }),
    ...(details && { readDetails: (log, options) => span('read details', () => details(log, options)) }),
    ...(threads && { readThreads: (...asked) => span('read threads', () => threads(...asked)) }),
  };
  return steps;
}
