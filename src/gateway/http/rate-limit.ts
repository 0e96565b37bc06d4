import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HeadgateError } from '../../kernel/errors.ts';
import { LOCAL_IDENTITY } from '../auth/identity.ts';

const MINUTE_MS = 60_000;

/** Requests with no or a wrong token that one address may send in a minute before it is told to wait. */
const FAILED_PER_MINUTE = 60;

/** Callers and addresses that are counted at once; the ones that were seen last stay. */
const COUNTED = 10_000;

/** Limits by the minute. Each throws `resource_exhausted` once it is reached, with `Retry-After` set. */
export interface RateLimits {
  /** Counts a request of its caller; without authentication of its address. */
  request(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Counts a failed authentication of an address. */
  failure(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

/** Under what clients are counted whose connection has ended: they have no address any more. */
const GONE = 'gone';

const hasGone = ({ raw }: FastifyRequest): boolean => raw.socket.remoteAddress === undefined;

const NO_LIMITS: RateLimits = { request: async () => {}, failure: async () => {} };

/** The limits of a server. `perMinute` is for each caller; null: no limit. Where nothing is counted, nothing is loaded: 2 MB. */
export async function createRateLimits(
  app: FastifyInstance,
  perMinute: number | null,
  authenticates: boolean,
): Promise<RateLimits> {
  if (perMinute === null && !authenticates) return NO_LIMITS;
  const { default: rateLimit } = await import('@fastify/rate-limit');
  await app.register(rateLimit, { global: false, cache: COUNTED });
  const failures = app.createRateLimit({ max: FAILED_PER_MINUTE, timeWindow: MINUTE_MS });
  const requests =
    perMinute === null
      ? undefined
      : app.createRateLimit({
          max: perMinute,
          timeWindow: MINUTE_MS,
          keyGenerator: (request) => {
            if (request.identity !== LOCAL_IDENTITY) return request.identity.key;
            return hasGone(request) ? GONE : request.ip;
          },
        });
  return {
    async request(request, reply) {
      if (requests !== undefined)
        await count(requests, request, reply, `${perMinute} requests of this caller in a minute`);
    },
    async failure(request, reply) {
      // Who does not wait for the answer has not guessed a token.
      if (hasGone(request)) return;
      await count(failures, request, reply, `${FAILED_PER_MINUTE} failed authentications of this address in a minute`);
    },
  };
}

async function count(limiter: Limiter, request: FastifyRequest, reply: FastifyReply, what: string): Promise<void> {
  const state = await limiter(request);
  if (state.isAllowed || !state.isExceeded) return;
  const seconds = Math.max(1, state.ttlInSeconds);
  reply.header('Retry-After', seconds);
  throw new HeadgateError('resource_exhausted', `The limit of ${what} is reached.`, {
    hint: `Try again in ${seconds} s.`,
    details: { retry_after_s: seconds },
  });
}
