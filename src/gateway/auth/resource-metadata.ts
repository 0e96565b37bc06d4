import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Authenticator } from './authenticator.ts';

/** Where RFC 9728 puts the metadata of a protected resource; the path of the resource follows. */
export const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** Protected-resource metadata (RFC 9728 §2), what is used of it. */
export interface ResourceMetadata {
  readonly resource: string;
  readonly resource_name: string;
  readonly authorization_servers?: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
}

/** Address of the metadata of the resource `path` of a server at `base`, which may have a path of its own. */
export function metadataUrl(base: string, path: string): string {
  const { origin, pathname } = new URL(base);
  return `${origin}${METADATA_PATH}${pathname.replace(/\/+$/, '')}${path}`;
}

/** The metadata of the resource `path` of a server at `base`. Static tokens have no authorization server. */
export function buildResourceMetadata(authenticator: Authenticator, base: string, path: string): ResourceMetadata {
  const { issuers } = authenticator;
  return {
    resource: `${base.replace(/\/+$/, '')}${path}`,
    resource_name: 'Headgate',
    ...(issuers.length === 0 ? {} : { authorization_servers: issuers }),
    scopes_supported: [...authenticator.wordsFor('read'), ...authenticator.wordsFor('write')],
    bearer_methods_supported: ['header'],
  };
}

/** Resources that clients are given the addresses of, under a server's base. */
const RESOURCES = ['', '/mcp', '/sse'];

/** Serves the metadata, to everybody. Whatever else is asked for under `/.well-known` is not there: clients probe it. */
export function registerResourceMetadata(
  app: FastifyInstance,
  authenticator: Authenticator | undefined,
  baseUrlOf: (request: FastifyRequest) => string,
  publicUrl: string | null,
): void {
  // Behind a proxy that puts a path before ours, clients ask with that path.
  const prefixes = new Set(['', publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '')]);
  app.get('/.well-known/*', { config: { open: true } }, async (request) => {
    const [path = ''] = request.url.split('?');
    const resource = RESOURCES.find((known) =>
      [...prefixes].some((prefix) => path === `${METADATA_PATH}${prefix}${known}`),
    );
    if (authenticator === undefined || resource === undefined) {
      throw new HeadgateError('not_found', `There is no GET ${path.slice(0, 200)}.`);
    }
    return buildResourceMetadata(authenticator, baseUrlOf(request), resource);
  });
}
