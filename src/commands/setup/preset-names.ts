/** The kinds of set-up that `headgate init` knows. */
export const PRESETS = ['laptop', 'history-server', 's3', 'emr', 'team'] as const;
export type Preset = (typeof PRESETS)[number];

/** One sentence a preset, for whoever is asked. */
export const PRESET_TITLES: Readonly<Record<Preset, string>> = {
  laptop: 'event logs in a folder of this machine',
  'history-server': 'a Spark History Server',
  s3: 'event logs in S3',
  emr: 'the persistent history of an EMR cluster',
  team: 'a server for several people, with tokens',
};
