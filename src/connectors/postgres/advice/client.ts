import type { ClientBase } from 'pg';

/** Runs SQL of Headgate's own in the transaction of a call. Errors: the server's. */
export type Client = Pick<ClientBase, 'query'>;
