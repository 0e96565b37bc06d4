import type { Caller } from './caller.ts';

/** A read-only HTTP request as a connector sees it: the gateway has checked who calls. */
export interface HttpRouteRequest {
  readonly caller: Caller;
  /** As sent, without the query. */
  readonly path: string;
  /** Variables of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** In the order sent; a key may come more than once. */
  readonly query: URLSearchParams;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** What goes back. A streamed body is sent as it is made, with back-pressure. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>;
}

/** A GET address that a connector serves on the gateway's port, in the wire format of another product. It needs the scope `read`. */
export interface HttpRoute {
  /** With variables as fastify writes them: `/api/v1/applications/:appId/jobs`. */
  readonly path: string;
  /** What it is called in audit, metrics and traces. */
  readonly name: string;
  /** The media type of its answers. A client that accepts no such type is refused with 406. */
  readonly produces: string;
  /** Errors that it throws are answered as problem documents; it answers its own format's errors itself. */
  readonly handle: (request: HttpRouteRequest) => Promise<HttpAnswer>;
}
