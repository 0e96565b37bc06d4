import { HeadgateError } from '../../../../kernel/errors.ts';
import { label } from '../../../../kernel/quoted.ts';

/** What was asked of which source when it failed. */
export interface S3Request {
  /** Name of the source, whose settings a hint names. */
  readonly source: string;
  readonly bucket: string;
  /** Object or prefix; null for the bucket as a whole. */
  readonly key: string | null;
  /** Host of the endpoint that is configured; null for AWS. */
  readonly endpoint: string | null;
  readonly profile: string | null;
  readonly timeoutMs: number;
  /** What reading this needs on AWS. */
  readonly permission: 's3:ListBucket' | 's3:GetObject';
}

/** The object is another one than when it was listed. */
export class ObjectReplaced extends Error {}

/** Of an error of the AWS client or of Node, what tells its kind. */
interface Failure {
  readonly name: string;
  readonly code: string;
  readonly status: number;
}

type Rule = readonly [when: (failure: Failure) => boolean, turn: (request: S3Request) => HeadgateError];

const isOneOf =
  (...names: string[]) =>
  ({ name, code }: Failure) =>
    names.includes(name) || names.includes(code);

const settings = ({ source }: S3Request) => `spark_history.sources.${source}.s3`;

const endpoint = (request: S3Request) => (request.endpoint === null ? 'AWS' : request.endpoint);

/** `s3://bucket/key` of a request. */
export function nameOf({ bucket, key }: Pick<S3Request, 'bucket' | 'key'>): string {
  return label(`s3://${bucket}/${key ?? ''}`);
}

/** First fitting rule wins. No message quotes what the server or the client library said: that may hold keys. */
const RULES: readonly Rule[] = [
  [
    isOneOf('CredentialsProviderError', 'TokenProviderError', 'ProviderError'),
    (request) =>
      new HeadgateError('permission_denied', `No AWS credentials were found to read ${nameOf(request)}.`, {
        hint:
          request.profile === null
            ? `Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or ${settings(request)}.profile, or give the machine a role.`
            : `Check that the profile "${label(request.profile)}" of ${settings(request)}.profile is in ~/.aws/config and has credentials that are not expired.`,
      }),
  ],
  [
    isOneOf('ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'),
    (request) =>
      new HeadgateError('permission_denied', `The AWS credentials for ${nameOf(request)} have expired.`, {
        hint: 'Renew them (`aws sso login`, a new session token), then try again.',
      }),
  ],
  [
    isOneOf('RequestTimeTooSkewed'),
    (request) =>
      new HeadgateError('permission_denied', `${nameOf(request)} was refused: the clock of this machine is wrong.`, {
        hint: 'Set the clock: AWS allows it to differ by 15 minutes.',
      }),
  ],
  [
    isOneOf('InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken', 'AuthFailure'),
    (request) =>
      new HeadgateError(
        'permission_denied',
        `${endpoint(request)} does not know the credentials used for ${nameOf(request)}.`,
        {
          hint: `Check the access key, the secret and ${settings(request)}.profile: they belong to another account or endpoint, or were mistyped.`,
        },
      ),
  ],
  [
    isOneOf('PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'),
    (request) =>
      new HeadgateError('unavailable', `The bucket ${label(request.bucket)} is in another region than the one asked.`, {
        hint: `Set ${settings(request)}.region to the bucket's region.`,
      }),
  ],
  [
    isOneOf('NoSuchBucket'),
    (request) =>
      new HeadgateError('not_found', `There is no bucket ${label(request.bucket)} at ${endpoint(request)}.`, {
        hint: `Check ${settings(request)}.uri, and ${settings(request)}.endpoint when the bucket is not on AWS.`,
      }),
  ],
  [
    ({ status }) => status === 404,
    (request) =>
      new HeadgateError('not_found', `There is no object ${nameOf(request)}.`, {
        hint: 'It may have been cleaned up, or renamed when its application ended: list again.',
      }),
  ],
  [
    ({ name, status }) => status === 403 || status === 401 || name === 'AccessDenied',
    (request) =>
      new HeadgateError('permission_denied', `${nameOf(request)} may not be read with the credentials in use.`, {
        hint: `Allow ${request.permission} on the bucket ${label(request.bucket)} (and kms:Decrypt where its objects are encrypted with a key of KMS), or set ${settings(request)}.profile.`,
      }),
  ],
  [
    // The client calls this a timeout too when it comes before the answer.
    isOneOf('ECONNRESET', 'EPIPE'),
    (request) =>
      new HeadgateError('unavailable', `${endpoint(request)} broke the connection while ${nameOf(request)} was read.`, {
        hint: 'Check the network and what stands between (a proxy, a gateway with a limit), then try again.',
      }),
  ],
  [
    ({ name, code }) => name === 'TimeoutError' || code === 'ETIMEDOUT',
    (request) =>
      new HeadgateError(
        'deadline_exceeded',
        `${endpoint(request)} did not answer about ${nameOf(request)} within ${request.timeoutMs / 1000} s.`,
        {
          hint: `Check the network and HTTPS_PROXY / NO_PROXY, or raise ${settings(request)}.timeout_s.`,
        },
      ),
  ],
  [
    ({ name, status }) => status === 429 || status === 503 || name === 'SlowDown' || name === 'ThrottlingException',
    (request) =>
      new HeadgateError('unavailable', `${endpoint(request)} is busy: it refused ${nameOf(request)} for now.`, {
        hint: 'Try again in a minute; ask for fewer things at once.',
      }),
  ],
  [
    ({ status }) => status >= 500,
    (request) =>
      new HeadgateError('unavailable', `${endpoint(request)} failed when ${nameOf(request)} was read.`, {
        hint: 'It is a fault on its side: try again, then look at its state.',
      }),
  ],
  [
    ({ code }) => /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|ERR_SSL/.test(code),
    (request) =>
      new HeadgateError('unavailable', `The certificate of ${endpoint(request)} is not trusted (${nameOf(request)}).`, {
        hint: 'Set NODE_EXTRA_CA_CERTS to the PEM file of the authority that signed it.',
      }),
  ],
];

/** The error that a caller sees of a request that failed for good. What is not the AWS client's or the network's is returned as it is. */
export function faultOf(error: unknown, request: S3Request): unknown {
  if (error instanceof HeadgateError || error instanceof ObjectReplaced || !(error instanceof Error)) return error;
  const failure = failureOf(error);
  const rule = RULES.find(([when]) => when(failure));
  if (rule !== undefined) return withCause(rule[1](request), error);
  if (failure.status === 0 && failure.code === '') return error;
  const what = failure.status === 0 ? failure.code : `${failure.name}, status ${failure.status}`;
  const fault = new HeadgateError(
    'unavailable',
    `${endpoint(request)} could not be asked for ${nameOf(request)} (${label(what)}).`,
    {
      hint: `Check ${settings(request)}.endpoint, the network and HTTPS_PROXY / NO_PROXY.`,
    },
  );
  return withCause(fault, error);
}

function failureOf(error: Error): Failure {
  const { name, Code, code, $metadata } = error as Error & {
    Code?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  const inner = error.cause instanceof Error ? failureOf(error.cause) : null;
  return {
    name,
    code: [Code, code].find((one) => typeof one === 'string') ?? inner?.code ?? '',
    status: $metadata?.httpStatusCode ?? 0,
  } as Failure;
}

function withCause(fault: HeadgateError, cause: Error): HeadgateError {
  return new HeadgateError(fault.code, fault.message, {
    cause,
    ...(fault.hint === undefined ? {} : { hint: fault.hint }),
  });
}
