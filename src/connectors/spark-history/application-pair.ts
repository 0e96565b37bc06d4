import { z } from 'zod';
import type { Compared } from '../../insight/index.ts';
import { labelLog } from '../../kernel/log-text.ts';
import type { Progress } from '../../kernel/tool.ts';
import { gapsOf } from './gaps.ts';
import { optionalText, shortText } from './parameters.ts';
import { type LoadedApplication, loadApplication, type SparkHistory } from './spark-history.ts';

/** Two applications, in the words of every comparing tool. `server` is for both; `server1` and `server2` win over it. */
export const pairInput = {
  app_id1: shortText(),
  app_id2: shortText(),
  server: optionalText(),
  server1: optionalText(),
  server2: optionalText(),
  app_attempt_id1: optionalText(),
  app_attempt_id2: optionalText(),
};

/** What names two applications. */
export interface PairRequest {
  readonly app_id1: string;
  readonly app_id2: string;
  readonly server?: string | undefined;
  readonly server1?: string | undefined;
  readonly server2?: string | undefined;
  readonly app_attempt_id1?: string | undefined;
  readonly app_attempt_id2?: string | undefined;
}

/** The two applications of a comparison. */
export interface ApplicationPair {
  readonly a: LoadedApplication;
  readonly b: LoadedApplication;
}

/** Loads both applications at the same time. Errors: as `SparkHistory.application`, for the first that fails. */
export async function loadPair(
  input: PairRequest,
  context: {
    readonly spark: SparkHistory;
    readonly signal: AbortSignal;
    readonly progress: (progress: Progress) => void;
  },
): Promise<ApplicationPair> {
  const [a, b] = await Promise.all([
    loadApplication(
      {
        app_id: input.app_id1,
        server: input.server1 ?? input.server,
        app_attempt_id: input.app_attempt_id1,
        side: '1',
      },
      context,
    ),
    loadApplication(
      {
        app_id: input.app_id2,
        server: input.server2 ?? input.server,
        app_attempt_id: input.app_attempt_id2,
        side: '2',
      },
      context,
    ),
  ]);
  return { a, b };
}

/** One side of a comparison: what it is, by name. Text of the log in it is quoted « » or a label. */
export type Side = Record<string, string | number | null>;

/** Schema of one side. A record, because every field spelled out twice costs each caller tokens. */
export const sideOutput = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

/** One side's application on the wire. */
export function sideOnWire({ server, application }: LoadedApplication): Side {
  return {
    server,
    app_id: labelLog(application.appId),
    app_attempt_id: application.attemptId === null ? null : labelLog(application.attemptId),
    name: labelLog(application.name),
    app_status: application.status,
  };
}

/** Gaps of both logs, each with the side that it limits. */
export function pairGaps({ a, b }: ApplicationPair): string[] {
  return [...gapsOf(a).map((gap) => `a: ${gap}`), ...gapsOf(b).map((gap) => `b: ${gap}`)];
}

/** Columns of compared measures: `delta` is b − a, `ratio` b ÷ a (null when a is 0). */
export const MEASURE_COLUMNS = ['measure', 'a', 'b', 'delta', 'ratio'] as const;

/** Cells of one compared measure. */
export function measureCells({ measure, left, right, delta, ratio }: Compared) {
  return { measure, a: left, b: right, delta, ratio };
}
