import type { Requirement } from './requirement.ts';

/** What the sources of Spark history promise, whatever place they are. */
export const requirements = [
  {
    id: 'sources.s3-listing-pages',
    behaviour: 'A bucket of 100,000 objects is listed by pages, and only its logs are listed.',
    source: 'issue: Sources',
  },
  {
    id: 'sources.s3-same-as-folder',
    behaviour: 'Logs on S3 are found by the same rules, and answered about in the same words, as in a folder.',
    source: 'issue: Sources',
  },
  {
    id: 'sources.s3-ranged-reads',
    behaviour: 'A listing reads only the head and the tail of an object; a log is fetched by ranges, several at once.',
    source: 'issue: Sources',
  },
  {
    id: 'sources.s3-no-rights',
    behaviour: 'An object or a bucket that may not be read is reported as that, with the right that is missing.',
    source: 'issue: Bad input',
  },
  {
    id: 'sources.s3-server-errors',
    behaviour: 'A server error that passes is not seen; one that stays is reported as unavailable.',
    source: 'issue: Bad input',
  },
  {
    id: 'sources.s3-object-replaced',
    behaviour:
      'An object that is replaced while it is read is read anew once, never mixed from two; then it is an error.',
    source: 'issue: Bad input',
  },
  {
    id: 'sources.s3-cut-body',
    behaviour: 'A body that is cut is asked for again from where it broke off.',
    source: 'issue: Bad input',
  },
  {
    id: 'sources.s3-hang',
    behaviour: 'A store that hangs is an error of its own after the timeout that is set.',
    source: 'issue: Bad input',
  },
  {
    id: 'sources.s3-says-what-to-set',
    behaviour: 'Without a region, without credentials, with a wrong bucket or address the error names the setting.',
    source: 'issue: Start in one step',
  },
  {
    id: 'sources.no-secret-in-errors',
    behaviour: 'No error of a source quotes what a server or a client library said, where keys may stand.',
    source: 'design: The vocabulary',
  },
  {
    id: 'sources.spool-private',
    behaviour: 'A remote log is spooled where its owner alone can read it, and nothing of it is left afterwards.',
    source: 'issue: Sources',
  },
  {
    id: 'sources.spool-leftovers',
    behaviour: 'What a gateway that was killed left in the spool is removed by the next one; what others use is not.',
    source: 'issue: Sources',
  },
  {
    id: 'sources.asked-in-parallel',
    behaviour: 'Sources are asked at once, and one that hangs does not hold the answer of the others.',
    source: 'issue: Sources',
  },
  {
    id: 'sources.unreachable-everywhere',
    behaviour: 'Every tool, resource and prompt names a source that could not be asked.',
    source: 'issue: Sources',
  },
  {
    id: 'sources.duplicates-marked',
    behaviour: 'A listing names the applications that more than one source has.',
    source: 'issue: Sources',
  },
  {
    id: 'sources.tenants',
    behaviour:
      'For a caller of another tenant a source does not exist: in tools, resources, prompts, completions, hints, caches and notices.',
    source: 'issue: For a team',
  },
  {
    id: 'sources.listing-redacted',
    behaviour:
      'A listing, and what is kept of it, tells names and users only as far as the level of redaction lets it.',
    source: 'issue: Privacy',
  },
  {
    id: 'sources.headlines-kept',
    behaviour: 'Headlines are kept in the store: a restart lists without opening the logs again.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'sources.headlines-of-this-engine',
    behaviour: 'A headline of another state of the log, engine version or level of redaction is not used.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'sources.store-failure-noted',
    behaviour: 'A store that fails never fails a listing: the answer says what was not stored.',
    source: 'issue: Bad input',
  },
  {
    id: 'sources.folder-as-it-is',
    behaviour: 'A log in a folder is read as it is at that moment: all of its files, and no other log in its place.',
    source: 'issue: Sources',
  },
  {
    id: 'sources.unreadable-log',
    behaviour:
      'An application whose log cannot be read is told as that, with the reason; not as one that is not there.',
    source: 'issue: Bad input',
  },
  {
    id: 'sources.folder-judged-once',
    behaviour: 'A file that Spark did not name is looked into once for each state of it, not at every listing.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'sources.renamed-while-waiting',
    behaviour: 'A log that is renamed or replaced while it waits to be read is looked for again.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'sources.credentials-apart',
    behaviour: 'What one source read with its credentials is not handed out of another source with the same address.',
    source: 'issue: For a team',
  },
  {
    id: 'sources.check-names-path',
    behaviour: 'The check of a source says what is wrong at which path of the configuration, with the fix.',
    source: 'issue: Start in one step',
  },
] as const satisfies readonly Requirement[];
