import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import { label } from '../../kernel/quoted.ts';
import type { ApplicationRequest, Unreadable } from './spark-history.ts';

/** What is known where an application was looked for. */
interface Searched {
  /** Application ids of the sources that answered. */
  readonly ids: readonly string[];
  readonly unreachable: readonly Unreadable[];
  /** Logs that are named after the application and could not be read: source, and which with the reason, quoted. */
  readonly unreadable?: readonly Unreadable[];
  readonly servers: readonly string[];
  readonly side?: ApplicationRequest['side'];
}

/**
 * No source that answered has the application: `not_found`, or `unavailable` when a source could not be asked, which may
 * have it. Both offer the nearest ids of the sources that answered. A log of it that cannot be read is
 * `not_found` too, as to a History Server, and named with the reason.
 */
export function applicationNotFound(appId: string, searched: Searched): HeadgateError {
  const { ids, unreachable, servers, side, unreadable = [] } = searched;
  if (unreadable.length > 0) {
    const logs = unreadable.map(({ server, message }) => `${message} in source ${server}`).join('; ');
    return new HeadgateError('not_found', `The log of application ${label(appId)} cannot be read: ${logs}.`, {
      hint: 'Mend what it says: the rights to the log, or the log itself.',
      details: { servers },
    });
  }
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
