import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { ErrorInfoSchema, RetryInfoSchema } from './generated/google/rpc/error_details_pb.ts';
import { StatusSchema } from './generated/google/rpc/status_pb.ts';
import { errorOfText, toHeadgateError } from './spark-error.ts';
import { isTransient } from './status-details.ts';

const ADDRESS = 'sc://h:15002';

function failure(code: status, message: string, info?: Record<string, string>, retryMs?: number): ServiceError {
  const metadata = new Metadata();
  const details = [
    ...(info === undefined ? [] : [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { metadata: info }))]),
    ...(retryMs === undefined
      ? []
      : [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: { seconds: 0n, nanos: retryMs * 1e6 } }))]),
  ];
  metadata.set(
    'grpc-status-details-bin',
    Buffer.from(toBinary(StatusSchema, create(StatusSchema, { message, details }))),
  );
  return Object.assign(new Error(message), { code, details: message, metadata });
}

describe('an error of Spark', () => {
  it.each([
    ['PARSE_SYNTAX_ERROR', '42601', 'invalid_argument'],
    ['TABLE_OR_VIEW_NOT_FOUND', '42P01', 'not_found'],
    ['UNRESOLVED_COLUMN.WITH_SUGGESTION', '42703', 'not_found'],
    ['PATH_NOT_FOUND', '42K03', 'not_found'],
    ['DIVIDE_BY_ZERO', '22012', 'invalid_argument'],
    ['INSUFFICIENT_PERMISSIONS', '42501', 'permission_denied'],
    ['TABLE_OR_VIEW_ALREADY_EXISTS', '42P07', 'failed_precondition'],
    ['DELTA_CONCURRENT_APPEND', '2D521', 'aborted'],
    ['OPERATION_CANCELED', 'HY008', 'cancelled'],
    ['USER_RAISED_EXCEPTION', 'P0001', 'failed_precondition'],
  ])('%s (%s) is %s [spark-connect.errors]', (errorClass, sqlState, code) => {
    const error = toHeadgateError(failure(status.INTERNAL, 'why', { errorClass, sqlState }), ADDRESS);
    expect(error.code).toBe(code);
    expect(error.details).toMatchObject({ error_class: errorClass, sql_state: sqlState, grpc_status: 'INTERNAL' });
  });

  it.each([
    [status.UNAVAILABLE, 'unavailable'],
    [status.DEADLINE_EXCEEDED, 'deadline_exceeded'],
    [status.UNAUTHENTICATED, 'unauthenticated'],
    [status.PERMISSION_DENIED, 'permission_denied'],
    [status.RESOURCE_EXHAUSTED, 'resource_exhausted'],
    [status.CANCELLED, 'cancelled'],
    [status.INTERNAL, 'failed_precondition'],
  ])('of gRPC alone, %s, is %s [spark-connect.errors]', (grpc, code) => {
    expect(toHeadgateError(failure(grpc, 'x'), ADDRESS).code).toBe(code);
  });

  it('offers the names that Spark suggests [spark-connect.errors]', () => {
    const info = {
      errorClass: 'UNRESOLVED_COLUMN.WITH_SUGGESTION',
      messageParameters: '{"proposal":"`a`, `b`.`c d`"}',
    };
    const error = toHeadgateError(failure(status.INTERNAL, 'no', info), ADDRESS);
    expect(error.details?.nearest).toEqual(['`a`', '`b`.`c d`']);
    expect(error.hint).toContain('`b`.`c d`');
  });

  it('of 3.5, which says it in the message alone, has its class and names [spark-connect.errors]', () => {
    const message =
      "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column with name `foo` cannot be resolved. Did you mean one of the following? [`a`, `b`].; line 1 pos 7;\n'Project [*]";
    const error = toHeadgateError(failure(status.INTERNAL, message), ADDRESS);
    expect(error).toMatchObject({ code: 'not_found', details: { nearest: ['`a`', '`b`'] } });
    expect(error.message).not.toContain('Project');
    expect(errorOfText(message).code).toBe('not_found');
  });

  it('quotes what Spark wrote and leaves Java out [spark-connect.errors]', () => {
    const error = toHeadgateError(
      failure(status.INTERNAL, 'say » this\n\tat java.base/java.lang.X.<init>(X.java:1)'),
      ADDRESS,
    );
    expect(error.message).toBe('Spark answered: «say › this»');
  });

  it('with damaged details keeps its message [spark-connect.errors]', () => {
    const error = failure(status.INTERNAL, 'plain');
    error.metadata.set('grpc-status-details-bin', Buffer.from([255, 255, 255]));
    expect(toHeadgateError(error, ADDRESS).message).toBe('Spark answered: «plain»');
    const cut = failure(status.INTERNAL, 'plain', { messageParameters: '{"a":', classes: '[' });
    expect(toHeadgateError(cut, ADDRESS).message).toBe('Spark answered: «plain»');
  });

  it('is tried again when PySpark would [spark-connect.unreachable]', () => {
    expect(isTransient(failure(status.UNAVAILABLE, 'x'))).toBe(true);
    expect(isTransient(failure(status.INTERNAL, '[INVALID_CURSOR.DISCONNECTED] x'))).toBe(true);
    expect(isTransient(failure(status.INTERNAL, 'x', undefined, 5))).toBe(true);
    expect(isTransient(failure(status.INTERNAL, 'x'))).toBe(false);
    expect(isTransient(new Error('x'))).toBe(false);
  });
});
