import type { Requirement } from './requirement.ts';

/** What the command line promises. */
export const requirements = [
  {
    id: 'cli.start-prints-what-to-do',
    behaviour:
      'A server that starts prints its address, client configuration for HTTP and stdio, and a question to try.',
    source: 'issue: What a user gets',
  },
  {
    id: 'cli.client-configuration-works-anywhere',
    behaviour: 'The printed client configuration works from any folder with an empty PATH.',
    source: 'issue: What a user gets',
  },
  {
    id: 'cli.many-processes',
    behaviour: 'A server, two stdio clients and analyze work at once on one data folder.',
    source: 'issue: Gateway',
  },
  {
    id: 'cli.detach-status-stop',
    behaviour: 'serve --detach returns when the server is ready; status lists it; stop ends it and waits for the end.',
    source: 'issue: What a user gets',
  },
  {
    id: 'cli.stops-only-its-own',
    behaviour: 'stop and status take for a server only what answers with the instance that the server wrote down.',
    source: 'design: The command line',
  },
  {
    id: 'cli.exit-codes',
    behaviour:
      'A command exits 0 when it did its work (analyze: when something was analysed), 1 when it failed, 2 on wrong usage, 128 and its number when a signal ended it.',
    source: 'issue: What a user gets',
  },
  {
    id: 'cli.json-always-valid',
    behaviour: 'With --json the output is valid JSON in every case, errors and wrong usage included.',
    source: 'issue: Bad input',
  },
  {
    id: 'cli.analyze-loads-no-server',
    behaviour: 'analyze loads neither the store nor the gateway.',
    source: 'design: The command line',
  },
  {
    id: 'cli.call-parses-by-schema',
    behaviour: 'call reads key=value by the tool’s input schema and prints the text form, or JSON with --json.',
    source: 'issue: What a user gets',
  },
  {
    id: 'cli.check-names-what-is-wrong',
    behaviour: 'check tries everything that is configured and says what is wrong at which path.',
    source: 'design: Configuration',
  },
  {
    id: 'cli.quiet-when-nobody-reads',
    behaviour: 'Output into a closed pipe ends the command without an error message.',
    source: 'design: The command line',
  },
  {
    id: 'cli.full-disk-is-an-error',
    behaviour: 'Output that cannot be written is one sentence on stderr and exit code 1.',
    source: 'design: The command line',
  },
  {
    id: 'cli.unreadable-event-logs',
    behaviour:
      'Event logs named for this start that cannot be read stop it; a source of the file that cannot be read is a warning in the welcome and on stderr.',
    source: 'design: The command line',
  },
  {
    id: 'cli.few-skipped-lines',
    behaviour:
      'analyze names at most five skipped files on stderr and counts the rest; documents beside logs get no line.',
    source: 'design: The command line',
  },
] as const satisfies readonly Requirement[];
