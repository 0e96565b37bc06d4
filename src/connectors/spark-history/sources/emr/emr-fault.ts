import { type ErrorCode, HeadgateError } from '../../../../kernel/errors.ts';
import { label } from '../../../../kernel/quoted.ts';

/** Which cluster was asked for, by which source. */
export interface EmrRequest {
  readonly source: string;
  readonly clusterArn: string;
  /** The action of EMR that was called. */
  readonly action: string;
}

/** Of an error of the AWS client or of Node, what tells its kind. */
interface Failure {
  readonly name: string;
  readonly code: string;
  readonly status: number;
}

type Rule = readonly [
  when: (failure: Failure) => boolean,
  code: ErrorCode,
  message: (request: EmrRequest, failure: Failure) => string,
  hint: (request: EmrRequest) => string,
];

const settings = ({ source }: EmrRequest) => `spark_history.sources.${source}.emr`;
const cluster = ({ clusterArn }: EmrRequest) => label(clusterArn);

const UNKNOWN_CREDENTIALS =
  /^(?:ExpiredToken|RequestExpired|InvalidSignature|UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|InvalidToken|MissingAuthenticationToken)/;

/** First fitting rule wins. */
const RULES: readonly Rule[] = [
  [
    ({ name }) => name.endsWith('ProviderError'),
    'permission_denied',
    (request) => `No AWS credentials were found to ask for the history of ${cluster(request)}.`,
    (request) =>
      `Set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ${settings(request)}.profile, or give the machine a role.`,
  ],
  [
    ({ name }) => UNKNOWN_CREDENTIALS.test(name),
    'permission_denied',
    (request) => `The AWS credentials that ask for the history of ${cluster(request)} have expired or are not known.`,
    () => 'Renew them (`aws sso login`, a new session token), and check the clock of this machine; then try again.',
  ],
  [
    ({ name, status }) => /AccessDenied|NotAuthorized/.test(name) || status === 403,
    'permission_denied',
    (request) => `The AWS credentials in use may not call ${request.action} for ${cluster(request)}.`,
    () =>
      'Allow elasticmapreduce:CreatePersistentAppUI, DescribePersistentAppUI and GetPersistentAppUIPresignedURL on this cluster.',
  ],
  [
    ({ name, status }) => /Throttling|TooManyRequests/.test(name) || status === 429,
    'resource_exhausted',
    ({ action }) => `EMR was asked too often (${action}).`,
    () => 'Ask again in a minute.',
  ],
  [
    ({ name, status }) => /InvalidRequest|Validation/.test(name) || (status >= 400 && status < 500),
    'failed_precondition',
    (request) => `EMR has no persistent UI for ${cluster(request)} (${request.action}).`,
    (request) =>
      `Check ${settings(request)}.cluster_arn: the cluster must run EMR 5.25 or later, must have run Spark, and may have ended no longer than 30 days ago.`,
  ],
  [
    ({ name, code }) => name === 'TimeoutError' || code === 'ETIMEDOUT',
    'deadline_exceeded',
    ({ action }) => `EMR did not answer ${action} in time.`,
    (request) => `Try again, or raise ${settings(request)}.timeout_s.`,
  ],
  [
    ({ status }) => status >= 500,
    'unavailable',
    ({ action }, { status }) => `EMR failed at ${action} (${status}).`,
    () => 'Try again later.',
  ],
  [
    ({ code }) => code !== '',
    'unavailable',
    (request, { code }) => `EMR cannot be reached to ask for the history of ${cluster(request)} (${label(code)}).`,
    (request) => `Check the network, HTTPS_PROXY and NO_PROXY, and ${settings(request)}.endpoint when it is set.`,
  ],
];

/**
 * The error that a failed call of EMR means. Nothing that AWS said is repeated: it may hold keys.
 * Throws what is no failure of such a call.
 */
export function faultOf(error: unknown, request: EmrRequest): HeadgateError {
  if (!(error instanceof Error)) throw error;
  const failure: Failure = {
    name: error.name,
    code: (error as NodeJS.ErrnoException).code ?? '',
    status: (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0,
  };
  const rule = RULES.find(([when]) => when(failure));
  if (rule === undefined) throw error;
  const [, code, message, hint] = rule;
  return new HeadgateError(code, message(request, failure), { hint: hint(request), cause: error });
}
