import type { Requirement } from './requirement.ts';

/** What sources promise that are asked over the REST of Spark: History Servers, running applications, EMR's persistent UI. */
export const requirements = [
  {
    id: 'remote-history.rest-reach',
    behaviour:
      'A server is asked beneath any path, with name and password or a bearer token; a refused secret is fetched anew once.',
    source: 'issue: Sources',
  },
  {
    id: 'remote-history.secret-places',
    behaviour: 'A secret is taken from the text, a variable, a file or a command, each time it is needed.',
    source: 'issue: Sources; design: Configuration',
  },
  {
    id: 'remote-history.no-secret-shown',
    behaviour: 'No error shows a password, token, signed address or cookie; what a server says is quoted and masked.',
    source: 'issue: Bad input; design: The vocabulary',
  },
  {
    id: 'remote-history.rest-faults',
    behaviour:
      'Servers that hang, answer garbage, login pages, 401, 403, 404, 429, 5xx, break off or are none give an error that says what to do.',
    source: 'issue: Bad input',
  },
  {
    id: 'remote-history.certificates',
    behaviour:
      'A certificate of an unknown authority or another host is refused; ca adds an authority, verify: false takes any.',
    source: 'issue: Sources; issue: Bad input',
  },
  {
    id: 'remote-history.proxies',
    behaviour:
      'A source goes through its own proxy, or through that of the environment unless NO_PROXY names its host.',
    source: 'issue: Sources; issue: Start in one step',
  },
  {
    id: 'remote-history.size-limits',
    behaviour: 'Answers, downloads and zips are taken in up to a limit, while they stream.',
    source: 'issue: Bad input',
  },
  {
    id: 'remote-history.listing',
    behaviour: 'The applications of a server are listed with what its listing tells, and nothing else is asked.',
    source: 'issue: Sources',
  },
  {
    id: 'remote-history.logs-zip',
    behaviour:
      'An application of a History Server is read through its zip of event logs, with the answers of the log itself.',
    source: 'issue: Sources',
  },
  {
    id: 'remote-history.zip-faults',
    behaviour:
      'A cut zip is fetched once more; damaged zips, names that lead out of the folder and empty zips are errors.',
    source: 'issue: Bad input',
  },
  {
    id: 'remote-history.logs-off',
    behaviour: 'Where a server gives no logs out, the application is read field by field.',
    source: 'issue: Sources',
  },
  {
    id: 'remote-history.same-answers',
    behaviour: 'Tools answer the same over the REST, field by field, as over the event log, where the REST tells.',
    source: 'issue: Sources',
  },
  {
    id: 'remote-history.gaps-stated',
    behaviour: 'What the REST does not tell, and what its server has dropped, is stated with the answer.',
    source: 'issue: Sources; design: The vocabulary',
  },
  {
    id: 'remote-history.progress-and-cancel',
    behaviour: 'Reading over the REST reports its progress and ends when the caller cancels.',
    source: 'design: The way of a request',
  },
  {
    id: 'remote-history.live-ui',
    behaviour: 'The UI of a running application is a source: what it knows so far, never older than ten seconds.',
    source: 'issue: Sources',
  },
  {
    id: 'remote-history.thread-dump',
    behaviour:
      'A thread dump of a running driver or executor says deadlocks and who blocks whom first, what task threads do, and equal stacks once.',
    source: 'issue: Sources',
  },
  {
    id: 'remote-history.threads-withheld',
    behaviour: 'Where hosts and users are masked, there are no thread dumps: these name them anywhere.',
    source: 'issue: Privacy',
  },
  {
    id: 'remote-history.emr-session',
    behaviour:
      "The History Server of an EMR cluster is entered by its ARN, with the signed URL's cookies, renewed when refused.",
    source: 'issue: Sources',
  },
  {
    id: 'remote-history.emr-faults',
    behaviour: 'Failures of EMR are told in our words; its session goes to no other host.',
    source: 'issue: Sources; issue: Bad input',
  },
  {
    id: 'remote-history.check-sources',
    behaviour: 'A check of a remote source says what stands there and how much it holds.',
    source: 'issue: Start in one step',
  },
  {
    id: 'remote-history.unreachable-named',
    behaviour: 'A remote source that cannot be reached is named in the answer, and the others answer.',
    source: 'issue: Sources',
  },
] as const satisfies readonly Requirement[];
