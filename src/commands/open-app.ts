import type { App } from '../app.ts';
import { type Flags, loadConfiguration } from '../configuration/index.ts';
import type { Configuration } from '../kernel/config.ts';
import { requireEventLogs } from './event-log-sources.ts';

/** Opens what the configuration says for one command, runs it, and closes everything whatever happens. Logs only what is wrong. */
export async function withApp<T>(
  flags: Flags,
  run: (app: App, configuration: Configuration) => Promise<T>,
): Promise<T> {
  const configuration = await loadConfiguration(flags);
  await requireEventLogs(configuration);
  const { createApp } = await import('../app.ts');
  const logLevel = configuration.logLevel === 'info' ? 'warn' : configuration.logLevel;
  const app = await createApp({ ...configuration, logLevel });
  try {
    return await run(app, configuration);
  } finally {
    await app.close();
  }
}
