import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { faultOf, ObjectReplaced, type S3Request } from './s3-fault.ts';

const request: S3Request = {
  source: 'lake',
  bucket: 'logs',
  key: 'prod/app-1',
  endpoint: null,
  profile: null,
  timeoutMs: 5000,
  permission: 's3:GetObject',
};
const SECRET = 'AKIAIOSFODNN7EXAMPLE';

function failure(parts: { name?: string; code?: string; status?: number }): Error {
  const error = Object.assign(new Error(`said ${SECRET}`), {
    name: parts.name ?? 'Error',
    ...(parts.code === undefined ? {} : { code: parts.code }),
    ...(parts.status === undefined ? {} : { $metadata: { httpStatusCode: parts.status } }),
  });
  return error;
}

const CASES = [
  [{ name: 'CredentialsProviderError' }, 'permission_denied', 'spark_history.sources.lake.s3.profile'],
  [{ name: 'ExpiredToken', status: 400 }, 'permission_denied', 'Renew'],
  [{ name: 'InvalidAccessKeyId', status: 403 }, 'permission_denied', 'access key'],
  [{ name: 'SignatureDoesNotMatch', status: 403 }, 'permission_denied', 'secret'],
  [{ name: 'PermanentRedirect', status: 301 }, 'unavailable', 'spark_history.sources.lake.s3.region'],
  [{ name: 'NoSuchBucket', status: 404 }, 'not_found', 'spark_history.sources.lake.s3.uri'],
  [{ name: 'NoSuchKey', status: 404 }, 'not_found', 'list again'],
  [{ name: 'AccessDenied', status: 403 }, 'permission_denied', 's3:GetObject'],
  [{ name: '403', status: 403 }, 'permission_denied', 's3:GetObject'],
  [{ name: 'TimeoutError' }, 'deadline_exceeded', 'spark_history.sources.lake.s3.timeout_s'],
  [{ name: 'TimeoutError', code: 'ECONNRESET' }, 'unavailable', 'the network'],
  [{ name: 'SlowDown', status: 503 }, 'unavailable', 'minute'],
  [{ name: 'InternalError', status: 500 }, 'unavailable', 'its side'],
  [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'unavailable', 'NODE_EXTRA_CA_CERTS'],
  [{ code: 'ECONNREFUSED' }, 'unavailable', 'spark_history.sources.lake.s3.endpoint'],
] as const;

describe('errors of S3', () => {
  it.each(CASES)('%o is %s and says what to do: %s [sources.s3-says-what-to-set]', (parts, code, hint) => {
    const fault = faultOf(failure(parts), request);
    expect(fault).toBeInstanceOf(HeadgateError);
    expect(fault).toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  it.each(CASES)('%o names the object or the bucket, and quotes nobody [sources.no-secret-in-errors]', (parts) => {
    const fault = faultOf(failure(parts), request) as HeadgateError;
    expect(fault.message).toMatch(/s3:\/\/logs\/prod\/app-1|logs/);
    expect(JSON.stringify(fault.toBody())).not.toContain(SECRET);
  });

  it('leaves bugs, and what is known already, as they are', () => {
    for (const error of [
      new TypeError('x is not a function'),
      new ObjectReplaced(),
      new HeadgateError('aborted', 'x'),
    ]) {
      expect(faultOf(error, request)).toBe(error);
    }
  });
});
