import type { StreamingBatch } from '../model/application.ts';
import { arrayAt, isObject, type JsonObject, numberAt, numberMap, objectAt, textAt } from '../model/json-fields.ts';
import type { ModelEvent } from '../model/model-event.ts';

const STREAMING_PREFIX = 'org.apache.spark.sql.streaming.StreamingQueryListener$';

/** Decodes the streaming listener's events; null when the event is none of them. */
export function decodeStreamingEvent(name: string, event: JsonObject): ModelEvent | 'ignored' | 'invalid' | null {
  if (!name.startsWith(STREAMING_PREFIX)) return null;
  switch (name.slice(STREAMING_PREFIX.length)) {
    case 'QueryStartedEvent':
      return withQuery(event, (id, runId) => ({
        type: 'query-started',
        id,
        runId,
        name: textAt(event, 'name'),
        time: parseTimestamp(textAt(event, 'timestamp')),
      }));
    case 'QueryProgressEvent': {
      const progress = readProgress(event);
      return withQuery(progress, (id, runId) => ({
        type: 'query-progress',
        id,
        runId,
        name: textAt(progress, 'name'),
        batch: decodeBatch(progress),
      }));
    }
    case 'QueryTerminatedEvent':
      return withQuery(event, (id, runId) => ({
        type: 'query-terminated',
        id,
        runId,
        error: textAt(event, 'exception'),
      }));
    case 'QueryIdleEvent':
      return 'ignored';
    default:
      return null;
  }
}

function withQuery(source: JsonObject, build: (id: string, runId: string) => ModelEvent): ModelEvent | 'invalid' {
  const id = textAt(source, 'id');
  const runId = textAt(source, 'runId');
  return id === null || runId === null ? 'invalid' : build(id, runId);
}

/** Progress is an object since Spark 2.1; some versions logged it as a JSON text. */
function readProgress(event: JsonObject): JsonObject {
  const asText = textAt(event, 'progress') ?? textAt(event, 'json');
  if (asText === null) return objectAt(event, 'progress');
  try {
    const parsed: unknown = JSON.parse(asText);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function decodeBatch(progress: JsonObject): StreamingBatch {
  const sources = arrayAt(progress, 'sources').filter(isObject);
  const states = arrayAt(progress, 'stateOperators').filter(isObject);
  const phaseMs = numberMap(objectAt(progress, 'durationMs'));
  return {
    batchId: numberAt(progress, 'batchId') ?? -1,
    timestamp: parseTimestamp(textAt(progress, 'timestamp')),
    durationMs: numberAt(progress, 'batchDuration') ?? phaseMs.triggerExecution ?? 0,
    inputRows: sum(sources, 'numInputRows'),
    inputRowsPerSecond: sumOrNull(sources, 'inputRowsPerSecond'),
    processedRowsPerSecond: sumOrNull(sources, 'processedRowsPerSecond'),
    phaseMs,
    stateRows: sum(states, 'numRowsTotal'),
    stateMemoryBytes: sum(states, 'memoryUsedBytes'),
    lateRowsDropped: sum(states, 'numRowsDroppedByWatermark'),
  };
}

const sum = (objects: readonly JsonObject[], key: string): number =>
  objects.reduce((total, object) => total + (numberAt(object, key) ?? 0), 0);

function sumOrNull(objects: readonly JsonObject[], key: string): number | null {
  const known = objects.map((object) => numberAt(object, key)).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

function parseTimestamp(text: string | null): number | null {
  if (text === null) return null;
  const parsed = Date.parse(text);
  return Number.isFinite(parsed) ? parsed : null;
}
