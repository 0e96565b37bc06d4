/** The one folder that Headgate writes to: HEADGATE_HOME, else the system's data folder. Nothing is created. */
export function dataFolder(env: Readonly<Record<string, string | undefined>>): string;
