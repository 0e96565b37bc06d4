import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { HeadgateError } from '../../kernel/errors.ts';

/** Outside of tools/call an error of ours is a JSON-RPC error that carries the same object. */
export function toProtocolError(error: unknown): never {
  if (!(error instanceof HeadgateError)) throw error;
  const callerIsWrong = error.code === 'invalid_argument' || error.code === 'not_found';
  const code = callerIsWrong ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError;
  throw new ProtocolError(code, explain(error), error.toBody());
}

/** Message and next step in one text: JSON-RPC errors have no other place that every client shows. */
export function explain({ message, hint }: HeadgateError): string {
  return hint === undefined ? message : `${message} ${hint}`;
}
