import { describe, expect, it } from 'vitest';
import { KINDS } from '../desired-state/desired-state.ts';
import { buildOpenApi } from './openapi.ts';
import { OPERATIONS } from './operations.ts';

const document = JSON.parse(JSON.stringify(buildOpenApi(OPERATIONS, '1.2.3')));

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' && inner.startsWith('#/components') ? [inner] : referencesIn(inner),
  );
}

describe('the OpenAPI document', () => {
  it('has every operation once, with the schemas that requests are checked by [control-plane-api.openapi]', () => {
    const ids = OPERATIONS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const inDocument = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(inDocument.sort()).toEqual(OPERATIONS.map(({ method, path }) => `${method} ${path}`).sort());
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
    for (const kind of KINDS) {
      const put = document.paths[`/api/v1/${kind}/{name}`].put.requestBody.content['application/json'].schema;
      expect(put.properties.spec).toMatchObject({ $ref: expect.stringMatching(/Spec$/) });
    }
    expect(document.components.schemas.ClustersSpec.properties.endpoints.type).toBe('array');
  });

  it('refers only to what is in it [control-plane-api.openapi]', () => {
    const references = new Set(referencesIn(document));
    expect(references.size).toBeGreaterThan(10);
    for (const reference of references) {
      const found = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((here, part) => (here as Record<string, unknown> | undefined)?.[part], document);
      expect([reference, found !== undefined]).toEqual([reference, true]);
    }
  });

  it('has what the issue asks for [control-plane-api.openapi]', () => {
    const wanted = [
      'GET /api/v1/config/snapshot',
      ...['routes', 'clusters', 'listeners', 'endpoints'].flatMap((kind) => [
        `GET /api/v1/${kind}`,
        `POST /api/v1/${kind}`,
        `GET /api/v1/${kind}/{name}`,
        `PUT /api/v1/${kind}/{name}`,
        `DELETE /api/v1/${kind}/{name}`,
      ]),
      'PATCH /api/v1/endpoints/{name}',
      'GET /api/v1/version',
      'GET /api/v1/versions',
      'GET /api/v1/versions/{from}/diff/{to}',
      'POST /api/v1/rollback',
      'POST /api/v1/validate',
      'GET /api/v1/nodes',
      'GET /api/v1/audit',
      'POST /api/v1/batch',
    ];
    const there = new Set(OPERATIONS.map(({ method, path }) => `${method} ${path}`));
    expect(wanted.filter((operation) => !there.has(operation))).toEqual([]);
  });
});
