import { describe, expect, it } from 'vitest';
import { readState } from '../desired-state/read-state.ts';
import { RESOURCE_TYPES } from '../resource.ts';
import { encodeResource } from '../snapshot/encode-resource.ts';
import type { BuildContext, SecretMaterial } from './build-context.ts';
import { buildEndpoints } from './build-endpoints.ts';
import { buildRaw } from './build-raw.ts';
import { buildRuntime } from './build-runtime.ts';
import { buildSecret } from './build-secret.ts';

const NOTHING: SecretMaterial = { certificateChain: null, privateKey: null, trustedCa: null, generic: null };

const contextOf = (yaml: string, secrets: Record<string, Partial<SecretMaterial>> = {}): BuildContext => ({
  state: readState(yaml, 'cp.yaml'),
  group: 'default',
  envoyVersion: { major: 1, minor: 28 },
  secrets: new Map(Object.entries(secrets).map(([name, material]) => [name, { ...NOTHING, ...material }])),
});

describe('buildSecret', () => {
  const context = contextOf(
    `secrets:
  me: { certificate: { file: c.pem }, key: { file: k.pem } }
  ca: { ca: { file: ca.pem } }
  token: { value: { env: TOKEN } }
  lost: { value: { env: LOST } }
  other: { value: { env: LOST }, groups: [x] }
`,
    {
      me: { certificateChain: 'CHAIN', privateKey: 'KEY' },
      ca: { trustedCa: 'CA' },
      token: { generic: 'T' },
      other: { generic: 'T' },
      gone: { generic: 'T' },
    },
  );

  it('serves certificates, authorities and generic secrets by SDS [upstreams.secrets]', () => {
    expect(buildSecret('me', context)[0]?.json).toEqual({
      name: 'me',
      tls_certificate: { certificate_chain: { inline_string: 'CHAIN' }, private_key: { inline_string: 'KEY' } },
    });
    expect(buildSecret('ca', context)[0]?.json).toEqual({
      name: 'ca',
      validation_context: { trusted_ca: { inline_string: 'CA' } },
    });
    expect(buildSecret('token', context)[0]?.json).toEqual({
      name: 'token',
      generic_secret: { secret: { inline_string: 'T' } },
    });
    for (const name of ['me', 'ca', 'token']) {
      expect(buildSecret(name, context).flatMap((built) => encodeResource(built).problems)).toEqual([]);
    }
  });

  it('serves none without material, of another group, or that is gone [upstreams.secrets] [upstreams.group-objects]', () => {
    expect(['lost', 'other', 'gone'].flatMap((name) => buildSecret(name, context))).toEqual([]);
  });
});

describe('buildRuntime', () => {
  it('serves a layer with its values [upstreams.runtime]', () => {
    const context = contextOf(
      'runtime:\n  headgate: { values: { a.b: 1, c: true, d: text, e: { numerator: 1, denominator: HUNDRED } } }\n  x: { values: {}, groups: [x] }\n',
    );
    const [layer] = buildRuntime('headgate', context);
    expect(layer?.json).toEqual({
      name: 'headgate',
      layer: { 'a.b': 1, c: true, d: 'text', e: { numerator: 1, denominator: 'HUNDRED' } },
    });
    expect(layer === undefined ? ['none'] : encodeResource(layer).problems).toEqual([]);
    expect([...buildRuntime('x', context), ...buildRuntime('gone', context)]).toEqual([]);
  });
});

describe('buildRaw', () => {
  it('gives a resource of every served type as it is, named after the object when it has no name [upstreams.raw-resources]', () => {
    for (const { name: type, typeUrl, nameField } of RESOURCE_TYPES) {
      const yaml = `resources:\n  a: { type: ${type}, resource: {} }\n  b: { type: ${typeUrl}, resource: { ${nameField}: own, x: [1] }, ttl_s: 1.5 }\n`;
      const context = contextOf(yaml);
      expect(buildRaw('a', context)).toEqual([{ typeUrl, json: { [nameField]: 'a' } }]);
      expect(buildRaw('b', context)).toEqual([{ typeUrl, json: { [nameField]: 'own', x: [1] }, ttlMs: 1500 }]);
    }
    const context = contextOf('resources:\n  a: { type: clusters, resource: {}, groups: [x] }\n');
    expect([...buildRaw('a', context), ...buildRaw('gone', context)]).toEqual([]);
  });
});

describe('buildEndpoints', () => {
  it('serves endpoints that no cluster has, for raw clusters and the proxies’ own zones [upstreams.eds]', () => {
    const context = contextOf(
      'endpoints:\n  own: { endpoints: [10.0.0.1:1] }\n  dns: { endpoints: [a:1] }\n  x: { groups: [x] }\n',
    );
    expect(buildEndpoints('own', context)).toEqual([
      {
        typeUrl: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
        json: {
          cluster_name: 'own',
          endpoints: [
            { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '10.0.0.1', port_value: 1 } } } }] },
          ],
        },
      },
    ]);
    expect(['dns', 'x', 'gone'].flatMap((name) => buildEndpoints(name, context))).toEqual([]);
  });
});
