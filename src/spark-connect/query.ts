import { HeadgateError } from '../kernel/errors.ts';
import type { SqlColumn } from '../kernel/sql-engine.ts';
import type { Progress } from '../kernel/tool.ts';
import type { Execution } from './execution.ts';
import type {
  ExecutePlanResponse,
  ExecutePlanResponse_ArrowBatch,
  ExecutePlanResponse_ExecutionProgress,
} from './generated/spark/connect/base_pb.ts';
import type { QueryStream } from './spark-connect.ts';
import { columnsOf } from './spark-type.ts';

/** Follows an execution up to its schema. The rows come when they are asked for. */
export async function followQuery(
  execution: Execution,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<QueryStream> {
  const columns: SqlColumn[] = [];
  let first: ExecutePlanResponse | undefined;
  for (;;) {
    first = await execution.next();
    if (first === undefined) break;
    report(first, onProgress);
    if (first.schema !== undefined) columns.push(...columnsOf(first.schema));
    if (first.schema !== undefined || first.responseType.case === 'arrowBatch') break;
  }
  return { operationId: execution.operationId, columns, chunks: chunksOf(execution, first, onProgress) };
}

/** Runs an execution to its end and drops its rows. */
export async function drain(
  execution: Execution,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<void> {
  for (;;) {
    const answer = await execution.next();
    if (answer === undefined) return;
    report(answer, onProgress);
  }
}

async function* chunksOf(
  execution: Execution,
  first: ExecutePlanResponse | undefined,
  onProgress: ((progress: Progress) => void) | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const batches = new Batches();
  try {
    for (let answer = first; answer !== undefined; answer = await execution.next()) {
      if (answer !== first) report(answer, onProgress);
      if (answer.responseType.case !== 'arrowBatch') continue;
      const batch = batches.take(answer.responseType.value);
      if (batch !== null) yield batch;
    }
    batches.end();
  } finally {
    execution.end();
  }
}

/** Puts batches together that the server sends in parts, and counts that no row is missing. */
class Batches {
  #parts: Uint8Array[] = [];
  #rows = 0n;

  /** The batch, when this was its last part. Its bytes are those of the server. */
  take(part: ExecutePlanResponse_ArrowBatch): Uint8Array | null {
    const wanted = BigInt(this.#parts.length);
    if (part.chunkIndex !== undefined && part.chunkIndex !== wanted) throw outOfOrder();
    if (wanted === 0n && part.startOffset !== undefined && part.startOffset !== this.#rows) throw outOfOrder();
    this.#parts.push(part.data);
    if (BigInt(this.#parts.length) < (part.numChunksInBatch ?? 0n)) return null;
    const [only] = this.#parts;
    const batch = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#rows += part.rowCount;
    return batch;
  }

  end(): void {
    if (this.#parts.length > 0) throw outOfOrder();
  }
}

function outOfOrder(): HeadgateError {
  return new HeadgateError('aborted', 'Parts of the result are missing or came out of order.', {
    hint: 'Run the statement again.',
  });
}

function report(answer: ExecutePlanResponse, onProgress: ((progress: Progress) => void) | undefined): void {
  if (onProgress === undefined || answer.responseType.case !== 'executionProgress') return;
  onProgress(progressOf(answer.responseType.value));
}

/** Tasks done of tasks known so far; stages become known while a statement runs. */
function progressOf({ stages, numInflightTasks }: ExecutePlanResponse_ExecutionProgress): Progress {
  const sum = (count: (stage: (typeof stages)[number]) => bigint) =>
    stages.reduce((total, stage) => total + Number(count(stage)), 0);
  const stagesDone = stages.filter(({ done }) => done).length;
  return {
    done: sum((stage) => stage.numCompletedTasks),
    total: sum((stage) => stage.numTasks),
    message: `${stagesDone} of ${stages.length} stages done, ${numInflightTasks} tasks running, ${sum(
      (stage) => stage.inputBytesRead,
    )} bytes read`,
  };
}
