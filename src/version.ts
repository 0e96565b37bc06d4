import manifest from '../package.json' with { type: 'json' };

/** Version of this Headgate. */
export const version: string = manifest.version;
