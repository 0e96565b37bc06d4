import { basename } from 'node:path';
import type { LogRef } from '../../eventlog/index.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { label } from '../../kernel/quoted.ts';
import type { SourceCatalog } from './source-catalog.ts';
import type { ApplicationEntry, ApplicationRequest } from './spark-history.ts';

/** A log that may be the one that was asked for. */
export interface Candidate {
  readonly catalog: SourceCatalog;
  readonly log: LogRef;
  readonly entry: ApplicationEntry;
}

/** The log to read, and what its reader must know of the choice. */
export interface Choice {
  readonly candidate: Candidate;
  /** Attempts of the application that its source has, ascending. */
  readonly attempts: Array<string | null>;
  readonly notes: string[];
}

/**
 * Chooses among the logs of one application, of which there is at least one.
 * Errors: `not_found` for an attempt that none has; `failed_precondition` when several sources have it and none was named.
 */
export function chooseLog(appId: string, request: ApplicationRequest, candidates: readonly Candidate[]): Choice {
  const wanted =
    request.attemptId === undefined
      ? candidates
      : candidates.filter(({ entry }) => entry.attemptId === request.attemptId);
  if (wanted.length === 0) throw attemptNotFound(appId, String(request.attemptId), candidates, request.side);
  const servers = [...new Set(wanted.map(({ entry }) => entry.server))];
  if (servers.length > 1) throw ambiguous(appId, wanted, servers, request.side);
  const candidate = wanted.toSorted(compareCandidates)[0] as Candidate;
  const ofServer = candidates.filter(({ entry }) => entry.server === candidate.entry.server);
  const copies = ofServer.filter(({ entry }) => entry.attemptId === candidate.entry.attemptId).length;
  const copied = `${copies} logs of this attempt are in source ${candidate.entry.server}; ${labelLog(basename(candidate.log.path))} was read.`;
  return {
    candidate,
    attempts: [...new Set(ofServer.map(({ entry }) => entry.attemptId))].toSorted(compareAttempts),
    notes: copies > 1 ? [copied] : [],
  };
}

function attemptNotFound(
  appId: string,
  attemptId: string,
  candidates: readonly Candidate[],
  side: ApplicationRequest['side'],
): HeadgateError {
  const attempts = [...new Set(candidates.map(({ entry }) => entry.attemptId))].map((id) => id ?? 'none');
  return new HeadgateError('not_found', `Application ${label(appId)} has no attempt ${label(attemptId)}.`, {
    hint: `Attempts: ${attempts.map(label).join(', ')}. Leave app_attempt_id${side ?? ''} out for the latest.`,
    details: { nearest: attempts.map(label) },
  });
}

function ambiguous(
  appId: string,
  candidates: readonly Candidate[],
  servers: readonly string[],
  side: ApplicationRequest['side'],
): HeadgateError {
  return new HeadgateError(
    'failed_precondition',
    `Application ${label(appId)} is on several sources: ${servers.join(', ')}.`,
    {
      hint: `Pass one of them as \`server${side ?? ''}\`.`,
      details: {
        servers,
        candidates: candidates.map(({ entry }) => ({
          server: entry.server,
          attempt_id: entry.attemptId,
          name: entry.name === null ? null : labelLog(entry.name),
          status: entry.status,
        })),
      },
    },
  );
}

/** Later attempt first, then the finished log, the one that was not compacted, and the one written last. */
function compareCandidates(a: Candidate, b: Candidate): number {
  const finished = ({ entry }: Candidate) => (entry.status === 'COMPLETED' ? 0 : 1);
  return (
    compareAttempts(b.entry.attemptId, a.entry.attemptId) ||
    finished(a) - finished(b) ||
    Number(a.log.compacted) - Number(b.log.compacted) ||
    b.log.modifiedMs - a.log.modifiedMs
  );
}

/** Attempts count up; an application without attempts comes first. */
function compareAttempts(a: string | null, b: string | null): number {
  return (a ?? '').localeCompare(b ?? '', 'en', { numeric: true });
}
