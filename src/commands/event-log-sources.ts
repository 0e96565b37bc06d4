import { access, constants, opendir, stat } from 'node:fs/promises';
import type { Configuration } from '../kernel/config.ts';
import { UsageError } from './invocation.ts';

/**
 * Looks at what `--event-logs` or HEADGATE_EVENT_LOGS names.
 * Errors: `invalid_argument` with its path when it cannot be read: what was typed for this start is a slip, and a server
 * without logs looks as if it worked.
 */
export async function requireEventLogs({ eventLogs }: Configuration): Promise<void> {
  const why = eventLogs === null ? null : await whyUnreadable(eventLogs);
  if (why === null) return;
  throw new UsageError('invalid_argument', `The event logs cannot be read: ${why}`, {
    hint: 'Name a folder of Spark event logs with --event-logs or HEADGATE_EVENT_LOGS.',
  });
}

/** The configuration with a warning for each source that cannot be read now: it may be a share that comes back. Servers are asked by `check`. */
export async function warnOfSources(configuration: Configuration): Promise<Configuration> {
  const warnings = await Promise.all(
    configuration.sparkHistory.sources.map(async ({ name, place }) => {
      const why = place.kind === 'folder' ? await whyUnreadable(place.path) : null;
      return why === null ? [] : [`spark_history.sources.${name} cannot be read: ${why}`];
    }),
  );
  return { ...configuration, warnings: [...configuration.warnings, ...warnings.flat()] };
}

async function whyUnreadable(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).isDirectory()) await (await opendir(path)).close();
    else await access(path, constants.R_OK);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return `There is no file or folder at ${path}.`;
    if (code === 'EACCES' || code === 'EPERM') return `${path} may not be read by this user.`;
    return `${message}.`;
  }
}
