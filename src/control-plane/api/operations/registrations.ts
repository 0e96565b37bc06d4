import { z } from 'zod';
import { defineOperation, type Operation } from '../operation.ts';

const Place = z.string().min(1).max(200);
const ID = '/api/v1/registrations/{id}';
const TAG = 'registrations';
const Lease = z.object({ id: z.string(), ttl_s: z.number().describe('It is taken away unless it is renewed in time') });

const register = defineOperation({
  method: 'POST',
  path: '/api/v1/registrations',
  id: 'register_endpoint',
  tag: TAG,
  summary: 'A server registers itself as an endpoint of a cluster',
  access: 'write',
  body: z.strictObject({
    cluster: Place,
    address: Place.describe('IP address that proxies reach it at'),
    port: z.int().min(1).max(65_535),
    region: Place.optional(),
    zone: Place.optional(),
    weight: z.int().min(1).max(1_000_000).optional(),
  }),
  answers: { 201: { description: 'Registered', schema: Lease } },
  problems: [404, 409, 413, 415, 422],
  async handle({ parts: { registrations }, body }) {
    const { cluster, address, port, region, zone, weight } = body;
    const lease = await registrations.register({
      cluster,
      address,
      port,
      ...(region === undefined ? {} : { region }),
      ...(zone === undefined ? {} : { zone }),
      ...(weight === undefined ? {} : { weight }),
    });
    const { id, ttl_s } = lease;
    const location = `/api/v1/registrations/${encodeURIComponent(id)}`;
    return { status: 201, body: { id, ttl_s }, headers: { location } };
  },
});

const renew = defineOperation({
  method: 'PUT',
  path: ID,
  id: 'renew_registration',
  tag: TAG,
  summary: 'It is still there',
  access: 'write',
  body: z.strictObject({}),
  bodyOptional: true,
  answers: { 200: { description: 'Renewed', schema: Lease.pick({ ttl_s: true }) } },
  problems: [404],
  async handle({ parts: { registrations }, params }) {
    const { ttl_s } = await registrations.renew(params.id ?? '');
    return { body: { ttl_s } };
  },
});

const drain = defineOperation({
  method: 'POST',
  path: `${ID}/drain`,
  id: 'drain_registration',
  tag: TAG,
  summary: 'It is about to stop: no new requests; answers when proxies know',
  access: 'write',
  body: z.strictObject({}),
  bodyOptional: true,
  answers: {
    200: {
      description: 'Draining',
      schema: z.object({ settled: z.boolean().describe('Every proxy knows; else it took too long') }),
    },
  },
  problems: [404],
  async handle({ parts: { registrations }, params }) {
    const { settled } = await registrations.drain(params.id ?? '');
    return { body: { settled } };
  },
});

const remove = defineOperation({
  method: 'DELETE',
  path: ID,
  id: 'remove_registration',
  tag: TAG,
  summary: 'It is gone',
  access: 'write',
  answers: { 204: { description: 'Removed', schema: null } },
  problems: [404],
  async handle({ parts: { registrations }, params }) {
    await registrations.remove(params.id ?? '');
    return { status: 204, body: null };
  },
});

export const registrationOperations: readonly Operation[] = [register, renew, drain, remove];
