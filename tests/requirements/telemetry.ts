import type { Requirement } from './requirement.ts';

/** What can be seen of a request from outside. */
export const requirements = [
  {
    id: 'telemetry.trace-context',
    behaviour: 'A request continues the trace that its headers or `_meta` bring (W3C Trace Context), else begins one.',
    source: 'issue: OpenTelemetry',
  },
  {
    id: 'telemetry.one-id',
    behaviour: 'Every log line of a request carries the id of its trace, and the servers that it asks get the same id.',
    source: 'issue: OpenTelemetry',
  },
  {
    id: 'telemetry.exported',
    behaviour:
      'With an OTLP endpoint configured each request is a span, with the work on its sources below it; failures carry their code.',
    source: 'issue: OpenTelemetry',
  },
  {
    id: 'telemetry.nothing-private',
    behaviour: 'Spans carry no arguments, no texts of logs and no messages of errors.',
    source: 'issue: Privacy',
  },
  {
    id: 'telemetry.not-configured',
    behaviour: 'Without an endpoint nothing is sent, and the SDK of OpenTelemetry is not loaded.',
    source: 'design: Configuration',
  },
  {
    id: 'telemetry.collector-down',
    behaviour: 'A collector that cannot be reached is told in the log and holds up no request.',
    source: 'design: The vocabulary',
  },
] as const satisfies readonly Requirement[];
