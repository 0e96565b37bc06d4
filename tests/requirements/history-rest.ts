import type { Requirement } from './requirement.ts';

/** What the REST of the History Server on the gateway's port promises. */
export const requirements = [
  {
    id: 'history-rest.parity',
    behaviour:
      'At least 99.9 % of all fields equal those of a real History Server of Spark 4.3 on the same logs, orders and status codes included; every other difference has a written reason.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest.format',
    behaviour:
      'Bodies are written as Spark writes them: names, order, indentation, dates in GMT, doubles with a decimal point.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest.parameters',
    behaviour:
      'Parameters are read as the History Server reads them: any case, repeated keys, empty values, lenient dates; what it refuses is refused with the same status and, where it has words, the same words.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest.logs',
    behaviour: 'The zip of the event logs has the entries and bytes that the History Server gives.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest.logs-redacted',
    behaviour:
      'A log with something to mask is in the zip decoded and with those lines rewritten; where the level of redaction cannot be kept in a log, the zip is refused.',
    source: 'issue: Privacy',
  },
  {
    id: 'history-rest.texts-redacted',
    behaviour: 'Secrets in any text of an answer are masked, as Spark masks them.',
    source: 'issue: Privacy',
  },
  {
    id: 'history-rest.streamed',
    behaviour: 'Large answers leave in pieces as they are made, and stop being made when the client goes away.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest.kept',
    behaviour:
      'Large lists of jobs and stages are kept as they were sent, within bounded memory, and sent again without being made; another application, another question or a log that was read again gets its own.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest.http',
    behaviour:
      'HEAD, gzip, Accept, trailing slashes and wrong methods are answered as the History Server answers them.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest.several-sources',
    behaviour:
      'An application that is on two sources is listed from both, and asks for the source by name; a source that cannot be asked is named.',
    source: 'issue: Sources',
  },
  {
    id: 'history-rest.callers',
    behaviour: 'A route needs the scope read, sees the sources of its caller’s tenant alone, and is audited.',
    source: 'issue: For a team',
  },
  {
    id: 'history-rest.fuzz',
    behaviour:
      'Addresses and parameters at random get the class of status that the History Server gives, and never break the gateway.',
    source: 'issue: Shown by',
  },
] as const satisfies readonly Requirement[];
