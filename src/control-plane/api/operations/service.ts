import { z } from 'zod';
import { defineOperation, type Operation } from '../operation.ts';

const health = defineOperation({
  method: 'GET',
  path: '/health',
  id: 'health',
  tag: 'service',
  summary: 'The process is up',
  access: 'open',
  answers: { 200: { description: 'Up', schema: z.object({ status: z.literal('ok') }) } },
  handle: () => ({ body: { status: 'ok' } }),
});

const ready = defineOperation({
  method: 'GET',
  path: '/ready',
  id: 'ready',
  tag: 'service',
  summary: 'Takes requests. Ready with its store down too: what was good is still served to proxies',
  access: 'open',
  answers: {
    200: { description: 'Ready', schema: z.object({ status: z.literal('ready') }) },
    503: { description: 'Shutting down', schema: z.object({ status: z.literal('not_ready') }) },
  },
  handle: ({ closing }) => (closing ? { status: 503, body: { status: 'not_ready' } } : { body: { status: 'ready' } }),
});

const metrics = defineOperation({
  method: 'GET',
  path: '/metrics',
  id: 'metrics',
  tag: 'service',
  summary: 'Prometheus metrics: proxies, refusals, convergence, versions, times of changes',
  access: 'read',
  answers: { 200: { description: 'Prometheus text', schema: z.string(), types: ['text/plain'] } },
  async handle({ parts }) {
    return { body: await parts.metrics.render(parts.controlPlane), contentType: parts.metrics.contentType };
  },
});

/** Whether the process is up, and takes requests, and its figures. */
export const serviceOperations: readonly Operation[] = [health, ready, metrics];
