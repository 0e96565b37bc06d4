import type { Requirement } from './requirement.ts';

/** What the Spark history tools promise. The peer is kubeflow/mcp-apache-spark-history-server 1.0.2. */
export const requirements = [
  {
    id: 'spark-history.one-tool-one-file',
    behaviour: 'Each tool is one file with one export and one test, all of the same name.',
    source: 'design: The house',
  },
  {
    id: 'spark-history.compact-toolset',
    behaviour: 'The toolset spark-history-compact leaves out exactly the seven names of the older vocabulary.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.peer-parameters',
    behaviour: 'Parameter names and enum spellings of the peer are accepted, states in any case.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.lenient-values',
    behaviour: 'Values that can mean one thing only are taken as it: numbers as text, one state for a list, any case.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.zero-is-all',
    behaviour: 'limit 0 and length 0 mean all rows, everywhere alike, with the honest total.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.outcome-listed',
    behaviour:
      'The list of applications tells which runs failed, can be filtered by it, and says where that is unknown.',
    source: 'issue: What a user gets',
  },
  {
    id: 'spark-history.one-count-of-executors',
    behaviour: 'Every tool counts the same executors; in local mode that is one, the driver.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.running-within-cores',
    behaviour: 'No more tasks are counted as running than the cores of the moment can run, and the overlap is stated.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.default-length',
    behaviour: 'A list without a length gives 20 rows and the total of all.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.paging-concatenates',
    behaviour: 'Pages by cursor or offset together are the whole list, each row once.',
    source: 'issue: Gateway',
  },
  {
    id: 'spark-history.sources-named',
    behaviour: 'Without server every source is asked, and each row or result says which one it came from.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.unreachable-named',
    behaviour: 'A source that could not be asked is named in the result with the reason.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.id-on-two-sources',
    behaviour: 'An application id that several sources have is refused with their names until one is chosen.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.unknown-id-nearest',
    behaviour: 'An unknown application, job, stage, executor or SQL execution is not_found with the nearest ids.',
    source: 'issue: Bad input',
  },
  {
    id: 'spark-history.stays-in-its-folders',
    behaviour: 'A link that leads out of a configured folder is not followed.',
    source: 'issue: Bad input',
  },
  {
    id: 'spark-history.gaps-stated',
    behaviour: 'Every result about an incomplete log states what is missing from it.',
    source: 'issue: Bad input',
  },
  {
    id: 'spark-history.numbers-are-sane',
    behaviour: 'No result holds NaN, an infinity or a negative time; what is unknown is null.',
    source: 'issue: Bad input',
  },
  {
    id: 'spark-history.outputs-fit-schemas',
    behaviour: 'Every result fits the output schema of its tool.',
    source: 'issue: Gateway',
  },
  {
    id: 'spark-history.log-text-quoted',
    behaviour: 'Text of a log appears in results and prompts only inside « ».',
    source: 'issue: Gateway',
  },
  {
    id: 'spark-history.secrets-redacted',
    behaviour: 'Secrets in properties, Java options, command lines, URLs and error texts are masked everywhere.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.result-budget',
    behaviour: 'The default result of every tool fits 4,000 tokens, however large the application.',
    source: 'design: The vocabulary',
  },
  {
    id: 'spark-history.quantiles-as-spark',
    behaviour: 'Task quantiles are those of the History Server: successful tasks, the value at ⌊q·n⌋.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.agrees-with-history-server',
    behaviour: 'Numbers of jobs, stages, executors and SQL executions are those of a real History Server.',
    source: 'issue: Shown by',
  },
  {
    id: 'spark-history.cache-shares-reading',
    behaviour: 'A log is read once for all calls that need it at the same time, and for later ones.',
    source: 'issue: Gateway',
  },
  {
    id: 'spark-history.cache-bounded',
    behaviour: 'Parsed applications are kept within a memory limit, the least recently used forgotten first.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'spark-history.grown-log-is-read-again',
    behaviour: 'A log that grew or was replaced since it was read is read again.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'spark-history.cancel-leaves-others',
    behaviour: 'A caller that cancels does not stop the reading that others wait for.',
    source: 'issue: Gateway',
  },
  {
    id: 'spark-history.resources',
    behaviour: 'Applications, stages and SQL executions are resources that answer as the tools do.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.completions',
    behaviour: 'Application ids, source names, stages and SQL executions are completed.',
    source: 'issue: Gateway',
  },
  {
    id: 'spark-history.prompts-name-real-tools',
    behaviour: 'Prompts name only tools that exist, with parameters and values that those take.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.prompts-hold-facts',
    behaviour: 'Prompts begin with the facts of the run that they are about.',
    source: 'issue: Tools',
  },
  {
    id: 'spark-history.peer-defect-1',
    behaviour: 'The resource timeline is a timeline, and removed executors take their cores away.',
    source: 'peers: 1c.1',
  },
  {
    id: 'spark-history.peer-defect-2',
    behaviour: 'Every status that is given is used, not only the first.',
    source: 'peers: 1c.2',
  },
  {
    id: 'spark-history.peer-defect-3',
    behaviour: 'get_stage takes the application attempt that prompts tell of.',
    source: 'peers: 1c.3',
  },
  {
    id: 'spark-history.peer-defect-4',
    behaviour: 'Totals of a SQL execution count the work of every attempt of its stages.',
    source: 'peers: 1c.4',
  },
  {
    id: 'spark-history.peer-defect-5',
    behaviour:
      'A plan diff names changed joins and the rows, bytes and time of each operator, not only counts of nodes.',
    source: 'peers: 1c.5',
  },
  {
    id: 'spark-history.peer-defect-6',
    behaviour: 'Skew is found from the tasks themselves, with addressed evidence and a confidence.',
    source: 'peers: 1c.6',
  },
  {
    id: 'spark-history.peer-defect-7',
    behaviour: 'Sources are asked at once, and a source that fails is not taken for one without the application.',
    source: 'peers: 1c.7',
  },
  {
    id: 'spark-history.peer-defect-8',
    behaviour: 'Calls report progress and stop when they are cancelled.',
    source: 'peers: 1c.8',
  },
  {
    id: 'spark-history.peer-defect-9',
    behaviour: 'Lists of jobs, stages and executors do not default to all rows.',
    source: 'peers: 1c.9',
  },
  {
    id: 'spark-history.peer-defect-10',
    behaviour: 'Failed tasks are counted without a silent cap.',
    source: 'peers: 1c.10',
  },
  {
    id: 'spark-history.live-plan',
    behaviour: 'The prompt spark_optimization takes a query and brings the plan that Spark has for it now.',
    source: 'issue: Tools, prompts',
  },
] as const satisfies readonly Requirement[];
