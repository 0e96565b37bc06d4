import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import { label } from '../../kernel/quoted.ts';
import type { ApplicationRequest, Unreadable } from './spark-history.ts';

/** What is known where an application was looked for. */
interface Searched {
  /** Application ids of the sources that answered. */
  readonly ids: readonly string[];
  readonly unreachable: readonly Unreadable[];
  readonly servers: readonly string[];
  readonly side?: ApplicationRequest['side'];
}

/**
 * No source that answered has the application: `not_found`, or `unavailable` when a source could not be asked, which may
 * have it. Both offer the nearest ids of the sources that answered.
 */
export function applicationNotFound(appId: string, { ids, unreachable, servers, side }: Searched): HeadgateError {
  const close = nearest(appId, ids).map(label);
  const offer = close.length > 0 ? `Nearest: ${close.join(', ')}.` : 'list_applications shows the ids that there are.';
  if (unreachable.length === 0) {
    return new HeadgateError('not_found', `There is no event log of application ${label(appId)}.`, {
      hint: offer,
      details: { nearest: close, servers },
    });
  }
  const silent = unreachable.map(({ server }) => server).join(', ');
  return new HeadgateError(
    'unavailable',
    `Application ${label(appId)} was not found, and ${silent} could not be asked.`,
    {
      hint: `${offer} If it is on ${silent}, repair that source; else name another as \`server${side ?? ''}\`.`,
      details: { nearest: close, unreachable, servers },
    },
  );
}
