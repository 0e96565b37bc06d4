import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Caller } from '../../../kernel/caller.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { redactProperty, redactText } from '../../../kernel/redaction.ts';
import type { SparkJob } from '../../../kernel/spark-jobs.ts';
import { JOB_PROPERTY } from '../cluster/driver-ui.ts';
import { classify, type Statement } from '../sql/classify.ts';
import { checkConf } from './conf-policy.ts';
import { diskError, folderOf } from './job-folder.ts';
import type { JobParts } from './job-parts.ts';
import { type JobRecord, recordOf } from './job-record.ts';
import { launchPython } from './launch-python.ts';
import type { Overseer } from './overseer.ts';
import { resolveInRoots } from './script-roots.ts';
import type { SqlJobs } from './sql-job.ts';

/** What is asked to run: one of `script`, `code` and `query`. */
export interface JobRequest {
  readonly script?: string | undefined;
  readonly code?: string | undefined;
  readonly query?: string | undefined;
  readonly mainClass?: string | undefined;
  readonly args: readonly string[];
  readonly conf: Readonly<Record<string, string | number | boolean>>;
  readonly name?: string | undefined;
  readonly timeoutMs: number | null;
}

/** What jobs are begun with. */
export interface SubmitParts extends JobParts {
  readonly sql: SqlJobs;
  readonly overseer: Overseer;
}

/** A job of its own kind, checked and not yet begun. */
interface PlannedJob {
  readonly via: SparkJob['via'];
  readonly record: JobRecord;
  readonly name: string;
  begin(job: SparkJob): Promise<SparkJob>;
}

/**
 * Checks what is asked, keeps it, and begins it. Errors: `permission_denied` (folders, properties), `not_found`, `invalid_argument`,
 * `failed_precondition` (nothing to run it on), `resource_exhausted` (too many jobs, a full disk), `unavailable`.
 */
export async function submitJob(
  request: JobRequest,
  caller: Pick<Caller, 'tenant' | 'subject'>,
  parts: SubmitParts,
): Promise<SparkJob> {
  const planned = await plan(request, parts);
  const job: SparkJob = {
    id: `job-${randomBytes(12).toString('base64url').replace(/[-_]/g, 'x')}`,
    tenant: caller.tenant,
    subject: caller.subject,
    name: request.name ?? planned.name,
    via: planned.via,
    state: 'submitted',
    record: JSON.stringify(planned.record),
    applicationId: null,
    createdAt: parts.clock(),
    startedAt: null,
    endedAt: null,
    error: null,
    cancelRequested: false,
    host: planned.via === 'submit' ? parts.host : null,
    owner: parts.owner,
    ownedUntil: parts.overseer.leaseEnd(),
  };
  if (!(await parts.registry.port.create(job, parts.config.maxJobs))) throw tooMany(parts.config.maxJobs);
  try {
    return await planned.begin(job);
  } catch (error) {
    const body =
      error instanceof HeadgateError
        ? error.toBody()
        : new HeadgateError('internal', 'It could not be begun.').toBody();
    await parts.registry.change(job, { state: 'failed', error: body, endedAt: parts.clock() });
    throw error;
  }
}

async function plan(request: JobRequest, parts: SubmitParts): Promise<PlannedJob> {
  if (request.query !== undefined) return planQuery(request, classify(request.query), parts);
  const inRoots = (path: string) => resolveInRoots(path, parts.config.roots);
  const conf = propertiesOf(await checkConf(request.conf, inRoots), parts);
  if (request.code !== undefined) return planPython(request, null, conf, parts);
  const script = await inRoots(request.script ?? '');
  if (/\.jar$/i.test(script)) return planDriver(request, script, conf, parts);
  if (/\.py$/i.test(script)) return planPython(request, script, conf, parts);
  throw new HeadgateError('invalid_argument', `${JSON.stringify(basename(script))} is neither Python (.py) nor a jar.`);
}

function propertiesOf(asked: Readonly<Record<string, string>>, { config }: JobParts): Record<string, string> {
  const logs = config.eventLogs;
  const kept =
    logs === null
      ? {}
      : { 'spark.eventLog.enabled': 'true', 'spark.eventLog.dir': isAbsolute(logs) ? pathToFileURL(logs).href : logs };
  const rolling = {
    'spark.executor.logs.rolling.strategy': 'size',
    'spark.executor.logs.rolling.maxSize': '33554432',
    'spark.executor.logs.rolling.maxRetainedFiles': '2',
  };
  return { ...rolling, ...config.conf, ...asked, ...kept };
}

/** What the store keeps of arguments and properties: without secrets. */
function keptOf(request: JobRequest): Pick<JobRecord, 'args' | 'conf' | 'timeoutMs'> {
  const conf = Object.entries(request.conf).map(([name, value]) => [name, redactProperty(name, String(value))]);
  return { args: request.args.map(redactText), conf: Object.fromEntries(conf), timeoutMs: request.timeoutMs };
}

function planQuery(request: JobRequest, statement: Statement, { sql, registry }: SubmitParts): PlannedJob {
  if (request.args.length > 0 || Object.keys(request.conf).length > 0) {
    throw new HeadgateError('invalid_argument', '`args` and `conf` do not go with `query`.');
  }
  return {
    via: 'connect',
    name: statement.command,
    record: { kind: 'query', sql: redactText(statement.sql.slice(0, 4000)), ...keptOf(request) },
    begin: async (job) => {
      sql.start(job, statement);
      return registry.find(job.tenant, job.id);
    },
  };
}

function planPython(
  request: JobRequest,
  script: string | null,
  conf: Record<string, string>,
  parts: SubmitParts,
): PlannedJob {
  const kind = script === null ? 'code' : 'script';
  const record: JobRecord = { kind, script: script ?? undefined, ...keptOf(request) };
  return {
    via: 'submit',
    name: script === null ? 'inline code' : basename(script),
    record,
    begin: async (job) => {
      const { id, name } = job;
      await createLogFolder(parts.config.eventLogs);
      const launched = await launchPython(
        { id, name, script, code: request.code ?? null, args: request.args, conf },
        folderOf(parts.folder, id),
        parts,
      );
      const started = { ...record, process: launched.process, ui: launched.ui ?? undefined };
      return parts.registry.change(job, { record: JSON.stringify(started), startedAt: parts.clock() });
    },
  };
}

/** Makes a local folder for event logs: a driver fails when it does not exist. Errors: `resource_exhausted`, `permission_denied`. */
export async function createLogFolder(folder: string | null): Promise<void> {
  if (folder === null || !isAbsolute(folder)) return;
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw diskError(error, folder);
  }
}

function planDriver(request: JobRequest, jar: string, conf: Record<string, string>, parts: SubmitParts): PlannedJob {
  const { submissions, config } = parts;
  if (submissions === null || config.master === null || !config.master.startsWith('spark://')) {
    throw new HeadgateError(
      'failed_precondition',
      'JVM jobs need a standalone master with its submission API; none is configured.',
      {
        hint: 'Name spark.master (spark://HOST:7077) and spark.submission_url (http://HOST:6066) in the configuration.',
      },
    );
  }
  const { mainClass } = request;
  if (mainClass === undefined) throw new HeadgateError('invalid_argument', 'A jar needs `main_class`.');
  const { master } = config;
  return {
    via: 'rest',
    name: basename(jar),
    record: { kind: 'jar', script: jar, mainClass, ...keptOf(request) },
    begin: async (job) => {
      const resource = pathToFileURL(jar).href;
      const properties = {
        ...conf,
        'spark.master': master,
        'spark.app.name': job.name,
        'spark.submit.deployMode': 'cluster',
        'spark.jars': [resource, ...(conf['spark.jars'] === undefined ? [] : [conf['spark.jars']])].join(','),
        [JOB_PROPERTY]: job.id,
      };
      const id = await submissions.create({ jar: resource, mainClass, args: request.args, properties });
      const record = { ...recordOf(job), submission: { id, url: submissions.url } };
      return parts.registry.change(job, { record: JSON.stringify(record) });
    },
  };
}

function tooMany(maxJobs: number): HeadgateError {
  return new HeadgateError('resource_exhausted', `${maxJobs} jobs run already, which is as many as may.`, {
    hint: 'Wait for one, or end one with cancel_job; list_spark_jobs with status running names them.',
    details: { max_jobs: maxJobs },
  });
}
