import { resolve } from 'node:path';
import envPaths from 'env-paths';

/** The one folder that Headgate writes to: HEADGATE_HOME, else the system's data folder. Nothing is created. */
export function dataFolder(env) {
  return env.HEADGATE_HOME ? resolve(env.HEADGATE_HOME) : envPaths('headgate', { suffix: '' }).data;
}
