import type { Requirement } from './requirement.ts';

/** What the documentation promises its readers. */
export const requirements = [
  {
    id: 'docs.links-resolve',
    behaviour: 'Every link of the documentation leads to a file and a heading that exist.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.commands-exist',
    behaviour: 'Every command, flag and npm script that the documentation names exists.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.outputs-are-real',
    behaviour: 'A command or program shown with its output gives that output.',
    source: 'style: Habits',
  },
  {
    id: 'docs.tools-exist',
    behaviour: 'Every tool, prompt and parameter that the documentation names exists.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.client-configurations',
    behaviour: 'Every client configuration of getting started parses and is one that the client understands.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.reference-complete',
    behaviour: 'The reference has every tool, resource, prompt and error code.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.gaps-explained',
    behaviour: 'Troubleshooting explains every kind of gap that the engine states.',
    source: 'issue: Bad input',
  },
  {
    id: 'docs.messages-are-real',
    behaviour: 'Every message that troubleshooting quotes is in the source.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.dependencies-explained',
    behaviour: 'The architecture says of every dependency what it is for, and of none that is gone.',
    source: 'issue: The house',
  },
  {
    id: 'docs.every-setting',
    behaviour: 'The example configuration shows every key, and is valid when all of them are taken in.',
    source: 'design: Configuration',
  },
  {
    id: 'docs.every-variable',
    behaviour: 'The example configuration names every HEADGATE_ variable, and no page names one that does not exist.',
    source: 'design: Configuration',
  },
  {
    id: 'docs.desired-states-valid',
    behaviour: 'Every desired state that a page shows is one that the control plane takes.',
    source: 'issue 7: Shown by',
  },
  {
    id: 'docs.configurations-valid',
    behaviour: 'Every configuration that a page shows is one that Headgate takes.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.sources',
    behaviour: 'The page of sources explains every kind of source with every key.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.team-set-up',
    behaviour:
      'The page for teams explains every key of the server, tokens and issuers, and every parameter of a database.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.security-model',
    behaviour: 'What the security model says is open without a token is, and the rest is not.',
    source: 'issue: Shown by',
  },
  {
    id: 'docs.rest-table',
    behaviour:
      "The compatibility table has every address of the History Server's REST that is served, and no other as served.",
    source: 'issue: Shown by',
  },
  {
    id: 'docs.telemetry',
    behaviour: 'The page of telemetry names every metric, and none that is gone.',
    source: 'issue: OpenTelemetry',
  },
  {
    id: 'docs.api-examples',
    behaviour: 'Every tool has an example that was run against the real platform, and that the tests run again.',
    source: 'issue: Documents and samples',
  },
] as const satisfies readonly Requirement[];
