/**
 * Version of what the engine makes of a log. It is bumped whenever a log that was read before would give another
 * `Application` now: summaries of another version are not read. `engine-version.test.ts` notices when it was forgotten.
 */
export const ENGINE_VERSION = 2;
