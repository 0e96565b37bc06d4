import { HeadgateError } from '../../../kernel/errors.ts';
import { quoteLog } from '../../../kernel/log-text.ts';
import { fetchJson } from './fetch-json.ts';
import { parsed } from './master.ts';
import { SubmissionAnswer } from './wire.ts';

/** A JVM application for the master's submission API. */
export interface Submission {
  /** URI that the worker can read. */
  readonly jar: string;
  readonly mainClass: string;
  readonly args: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

/** The REST submission API of a standalone master. Errors of every call: `unavailable`. */
export interface SubmissionApi {
  readonly url: string;
  /** Gives the submission's id. Errors: `failed_precondition` when the master refuses. */
  create(submission: Submission, signal?: AbortSignal): Promise<string>;
  /** Null: the master does not know it. */
  status(id: string, signal?: AbortSignal): Promise<SubmissionAnswer | null>;
  /** False: the master does not run it. */
  kill(id: string): Promise<boolean>;
}

/** The version that the request names; the server answers with its own and compares nothing. */
const CLIENT_VERSION = '3.5.0';

/** The API at an address such as `http://master:6066`. */
export function createSubmissionApi(url: string): SubmissionApi {
  const server = `The submission API at ${url}`;
  const ask = async (path: string, method: 'GET' | 'POST', body?: unknown, signal?: AbortSignal) =>
    parsed(
      SubmissionAnswer,
      await fetchJson({ server, url: `${url}/v1/submissions/${path}`, method, body, signal }),
      server,
    );
  return {
    url,
    async create({ jar, mainClass, args, properties }, signal) {
      const request = {
        action: 'CreateSubmissionRequest',
        clientSparkVersion: CLIENT_VERSION,
        appResource: jar,
        mainClass,
        appArgs: args,
        sparkProperties: properties,
        environmentVariables: { SPARK_ENV_LOADED: '1' },
      };
      const answer = await ask('create', 'POST', request, signal);
      if (answer.success && answer.submissionId !== undefined) return answer.submissionId;
      const said = answer.message === undefined ? 'without saying why' : quoteLog(answer.message, 300);
      throw new HeadgateError('failed_precondition', `${server} refused the job: ${said}.`, {
        hint: 'get the state of the cluster from spark://cluster/info: a standby master takes no jobs.',
      });
    },
    async status(id, signal) {
      const answer = await ask(`status/${encodeURIComponent(id)}`, 'GET', undefined, signal);
      return answer.success ? answer : null;
    },
    async kill(id) {
      return (await ask(`kill/${encodeURIComponent(id)}`, 'POST', {})).success;
    },
  };
}
