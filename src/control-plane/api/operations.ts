import { z } from 'zod';
import { buildOpenApi } from './openapi.ts';
import { defineOperation, type Operation } from './operation.ts';
import { changeOperations } from './operations/changes.ts';
import { discoveryOperations } from './operations/discovery.ts';
import { objectOperations } from './operations/objects.ts';
import { proxyOperations } from './operations/proxies.ts';
import { registrationOperations } from './operations/registrations.ts';
import { serviceOperations } from './operations/service.ts';
import { snapshotOperations } from './operations/snapshot.ts';
import { versionOperations } from './operations/versions.ts';
import { weightOperations } from './operations/weights.ts';

const openApi = defineOperation({
  method: 'GET',
  path: '/api/v1/openapi.json',
  id: 'openapi',
  tag: 'service',
  summary: 'This document',
  access: 'read',
  answers: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
  handle: ({ parts }) => ({ body: buildOpenApi(OPERATIONS, parts.version) }),
});

/** Every operation of the API. */
export const OPERATIONS: readonly Operation[] = [
  ...snapshotOperations,
  ...objectOperations,
  ...weightOperations,
  ...changeOperations,
  ...versionOperations,
  ...proxyOperations,
  ...registrationOperations,
  ...discoveryOperations,
  ...serviceOperations,
  openApi,
];
