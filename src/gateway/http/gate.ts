import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Scope } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { type Challenge, renderChallenge } from '../auth/challenge.ts';
import { type Identity, LOCAL_IDENTITY } from '../auth/identity.ts';
import { metadataUrl } from '../auth/resource-metadata.ts';
import type { Verdict } from '../auth/verdict.ts';
import type { RateLimits } from './rate-limit.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends it. On open routes everybody is nobody: {@link NOBODY}. */
    identity: Identity;
  }
  interface FastifyContextConfig {
    /** Answered without a token. */
    open?: boolean;
    /** Answered whatever Host says: proxies that check health send names of their own. Nothing may be learnt from it. */
    anyHost?: boolean;
  }
}

/** Whoever asks an open route of a gateway with authentication. */
export const NOBODY: Identity = { ...LOCAL_IDENTITY, subject: 'nobody', key: 'nobody', scopes: new Set() };

/** Tells who sends a request before its body is read, and refuses those who may not. */
export interface Gate {
  /** True when callers must show a token. */
  readonly guarded: boolean;
  /** Sets `request.identity`. Errors: `unauthenticated`, `unavailable`, `resource_exhausted`. */
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Counts what a batch holds beyond its first message: it is as many requests. Errors: `resource_exhausted`. */
  countBatch(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Who sends a request to an open route, when it carries a good token; else {@link NOBODY}. Errors: `resource_exhausted`. */
  recognize(request: FastifyRequest, reply: FastifyReply): Promise<Identity>;
  /** Adds the challenge that tells a client which scope to ask for. */
  challengeScope(request: FastifyRequest, reply: FastifyReply, scope: Scope, reason: string): void;
}

/** What the gate is made of. */
export interface GateParts {
  readonly authenticator: Authenticator | undefined;
  readonly limits: RateLimits;
  /** The address under which clients reach the server, as the request shows it or the configuration says. */
  readonly baseUrlOf: (request: FastifyRequest) => string;
  readonly logger: Logger;
}

/** A gate over the configured authentication; without any everybody is the local caller. */
export function createGate({ authenticator, limits, baseUrlOf, logger }: GateParts): Gate {
  const challenge = (request: FastifyRequest, reply: FastifyReply, rest: Omit<Challenge, 'resourceMetadata'>) =>
    reply.header(
      'WWW-Authenticate',
      renderChallenge({ ...rest, resourceMetadata: metadataOf(request, baseUrlOf(request)) }),
    );

  let toldMs = Number.NEGATIVE_INFINITY;
  /** Verifies the token. Why an issuer cannot be asked is for the log; once a second, since anybody can name an issuer. */
  async function verify(auth: Authenticator, { headers }: FastifyRequest): Promise<Verdict> {
    try {
      return await auth.authenticate(headers.authorization);
    } catch (error) {
      if (performance.now() - toldMs >= 1_000) {
        toldMs = performance.now();
        const err = error instanceof HeadgateError && error.cause instanceof Error ? error.cause : error;
        logger.warn({ err }, 'a token could not be verified');
      }
      throw error;
    }
  }

  async function refuse(
    auth: Authenticator,
    refused: 'no_token' | 'invalid_token',
    reason: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<never> {
    if (refused === 'invalid_token') {
      await limits.failure(request, reply);
      logger.warn({ reason, address: request.ip }, 'a token was refused');
    }
    const scopes = auth.wordsFor('read');
    challenge(request, reply, refused === 'no_token' ? { scopes } : { error: refused, description: reason, scopes });
    throw new HeadgateError('unauthenticated', reason, {
      hint: 'Get a token from whoever runs this gateway, or from the issuer that its metadata names.',
    });
  }

  return {
    guarded: authenticator !== undefined,
    async admit(request, reply) {
      if (request.routeOptions.config?.open === true) {
        request.identity = authenticator === undefined ? LOCAL_IDENTITY : NOBODY;
        return;
      }
      request.identity = LOCAL_IDENTITY;
      if (authenticator !== undefined) {
        const verdict = await verify(authenticator, request);
        if ('refused' in verdict) return refuse(authenticator, verdict.refused, verdict.reason, request, reply);
        request.identity = verdict.identity;
      }
      await limits.request(request, reply);
    },
    async countBatch(request, reply) {
      const messages = Array.isArray(request.body) ? request.body.length : 1;
      for (let counted = 1; counted < messages; counted += 1) await limits.request(request, reply);
    },
    async recognize(request, reply) {
      if (authenticator === undefined) return LOCAL_IDENTITY;
      const verdict = await verify(authenticator, request).catch((error: unknown) => {
        // An issuer that is away makes nobody of its callers, not an open route unreachable.
        if (error instanceof HeadgateError && error.code === 'unavailable') return undefined;
        throw error;
      });
      if (verdict === undefined) return NOBODY;
      if ('identity' in verdict) return verdict.identity;
      if (verdict.refused === 'invalid_token') await limits.failure(request, reply);
      return NOBODY;
    },
    challengeScope(request, reply, scope, reason) {
      if (authenticator === undefined) return;
      const { identity } = request;
      const words = new Set([...identity.scopes, scope].map(identity.wordOf));
      challenge(request, reply, { error: 'insufficient_scope', description: reason, scopes: [...words] });
    },
  };
}

/** The metadata of what the client wanted: MCP clients compare it with the address that they were given. */
function metadataOf({ url }: FastifyRequest, base: string): string {
  const [path] = url.split('?');
  return metadataUrl(base, path === '/mcp' ? '/mcp' : '');
}
