import type { MessageInitShape } from '@bufbuild/protobuf';
import { create, toBinary } from '@bufbuild/protobuf';
import { tableFromIPC } from 'apache-arrow';
import { HeadgateError } from '../kernel/errors.ts';
import { ArtifactCache } from './artifact-cache.ts';
import { Execution } from './execution.ts';
import {
  LocalRelationSchema,
  type RelationSchema,
  SetOperation_SetOpType,
} from './generated/spark/connect/relations_pb.ts';
import { drain } from './query.ts';
import type { Session } from './session.ts';
import type { RunOptions } from './spark-connect.ts';

type Relation = MessageInitShape<typeof RelationSchema>;

/** Rows of this size and less travel in the plan itself, bytes. */
const INLINE_BYTES = 1024 * 1024;
/** The first Spark that puts a relation together from several uploads. */
const CHUNKED_SINCE = [4, 1] as const;

/**
 * Makes Arrow rows a temporary view: small ones in the plan, others uploaded chunk by chunk into the session's cache, so that one
 * chunk at a time is in memory here. The server holds the rows. Gives how many there were.
 */
export async function viewRows(
  session: Session,
  version: (signal?: AbortSignal) => Promise<string>,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  options: RunOptions,
): Promise<number> {
  const { signal } = options;
  const hashes: string[] = [];
  let rows = 0;
  let only: Uint8Array | null = null;
  const asRelations = !isChunked(await version(signal));
  const cache = new ArtifactCache(session, signal);
  const keep = (chunk: Uint8Array) => cache.put(asRelations ? relationBytes(chunk) : chunk);
  for await (const chunk of chunks) {
    const count = countRows(chunk);
    if (count === 0 && rows + hashes.length > 0) continue;
    if (only !== null) hashes.push(await keep(only));
    only = null;
    if (hashes.length === 0 && rows === 0 && chunk.byteLength <= INLINE_BYTES) only = chunk;
    else hashes.push(await keep(chunk));
    rows += count;
  }
  await cache.flush();
  const input = only === null ? cachedRelation(hashes, asRelations) : inlineRelation(only);
  const execution = await Execution.start(session, {
    plan: {
      opType: {
        case: 'command',
        value: { commandType: { case: 'createDataframeView', value: { input, name, replace: true } } },
      },
    },
    tags: options.tags ?? [],
    signal,
  });
  await drain(execution, options.onProgress);
  return rows;
}

function isChunked(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > CHUNKED_SINCE[0] || (major === CHUNKED_SINCE[0] && minor >= CHUNKED_SINCE[1]);
}

function countRows(chunk: Uint8Array): number {
  try {
    return tableFromIPC(chunk).numRows;
  } catch (cause) {
    throw new HeadgateError('invalid_argument', 'The rows for a view are no Arrow stream that can be read.', { cause });
  }
}

function inlineRelation(data: Uint8Array): Relation {
  return { relType: { case: 'localRelation', value: { data } } };
}

function relationBytes(data: Uint8Array): Uint8Array {
  return toBinary(LocalRelationSchema, create(LocalRelationSchema, { data }));
}

function cachedRelation(hashes: readonly string[], asRelations: boolean): Relation {
  if (hashes.length === 0) {
    throw new HeadgateError('invalid_argument', 'There are no rows for a view, not even their columns.');
  }
  if (!asRelations) return { relType: { case: 'chunkedCachedLocalRelation', value: { dataHashes: [...hashes] } } };
  return unionOf(hashes.map((hash): Relation => ({ relType: { case: 'cachedLocalRelation', value: { hash } } })));
}

/** All rows of the relations; a balanced tree, as a chain of thousands would be too deep for the server. */
function unionOf(relations: readonly Relation[]): Relation {
  const [first] = relations;
  if (relations.length === 1 && first !== undefined) return first;
  const middle = Math.ceil(relations.length / 2);
  return {
    relType: {
      case: 'setOp',
      value: {
        leftInput: unionOf(relations.slice(0, middle)),
        rightInput: unionOf(relations.slice(middle)),
        setOpType: SetOperation_SetOpType.UNION,
        isAll: true,
      },
    },
  };
}
