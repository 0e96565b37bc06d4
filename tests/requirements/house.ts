import type { Requirement } from './requirement.ts';

/** How the repository, its set-up and its configuration behave. */
export const requirements = [
  {
    id: 'house.requirements-tested',
    behaviour: 'Every promise of the manifest is cited by a test, and every cited promise is in the manifest.',
    source: 'issue: The house',
  },
  {
    id: 'house.import-rules',
    behaviour: 'The check fails when a room imports what it may not, and when no module was cruised.',
    source: 'design: The house',
  },
  {
    id: 'house.no-configuration-works',
    behaviour: 'Without any configuration Headgate serves the bundled event logs over the embedded store.',
    source: 'design: Configuration',
  },
  {
    id: 'house.configuration-order',
    behaviour: 'Flags win over HEADGATE_* variables, those over the platforms’ own, and those over the file.',
    source: 'design: Configuration',
  },
  {
    id: 'house.config-unknown-key',
    behaviour: 'An unknown key of the configuration is an error that names its path and the nearest known key.',
    source: 'design: Configuration',
  },
  {
    id: 'house.secrets-in-clear-warn',
    behaviour: 'A secret in clear in the configuration file is accepted with a warning that does not repeat it.',
    source: 'design: Configuration',
  },
  {
    id: 'house.loopback-only',
    behaviour: 'An address that other machines can reach is refused.',
    source: 'issue: Gateway',
  },
  {
    id: 'house.writes-in-data-folder',
    behaviour: 'Everything that Headgate writes is below HEADGATE_HOME.',
    source: 'design: Configuration',
  },
  {
    id: 'house.launcher-finds-node',
    behaviour: 'The launcher runs on a recent Node, else on the pinned one, else says what to do.',
    source: 'issue: The house',
  },
  {
    id: 'house.install-only-when-lockfile-changed',
    behaviour: 'npm start installs dependencies only when the lockfile changed since the last time.',
    source: 'issue: What a user gets',
  },
] as const satisfies readonly Requirement[];
