import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../descriptors/message-json.ts';
import { readState } from '../desired-state/read-state.ts';
import { resourceType } from '../resource.ts';
import { buildGroup } from '../resources/units.ts';
import { buildStatic } from './build-static.ts';
import { secretFiles } from './secret-files.ts';

const options = { nodeId: 'a', nodeCluster: 'b', adminPort: 9901 };

function staticOf(yaml: string): Record<string, unknown> {
  const state = readState(yaml, 'cp.yaml');
  const context = { state, group: 'default', envoyVersion: { major: 1, minor: 36 }, secrets: new Map() };
  return buildStatic([...buildGroup(context), ...secretFiles(state, 'default', '/etc/headgate')], options);
}

describe('buildStatic', () => {
  it('puts endpoints, routes, layers and secrets where they are used, and needs no control plane [upstreams.static]', () => {
    const json = staticOf(`clusters:
  a: { endpoints: [10.0.0.1:1], tls: { sni: s, ca: authority } }
secrets:
  authority: { ca: { file: ca.pem } }
runtime:
  first: { values: { x: 1 } }
  headgate: { values: { x: 2 } }
routes:
  a: { cluster: a }
`);
    const text = JSON.stringify(json);
    expect(text).not.toMatch(/"ads"|sds_config|"rds"|eds_cluster_config/);
    expect(json).toMatchObject({
      node: { id: 'a', cluster: 'b' },
      static_resources: {
        clusters: [
          {
            name: 'a',
            type: 'STATIC',
            load_assignment: { cluster_name: 'a', endpoints: [{}] },
            transport_socket: {
              typed_config: {
                common_tls_context: {
                  combined_validation_context: { validation_context_sds_secret_config: { name: 'authority' } },
                },
              },
            },
          },
        ],
        secrets: [{ name: 'authority', validation_context: { trusted_ca: { filename: '/etc/headgate/ca.pem' } } }],
      },
      layered_runtime: {
        layers: [
          { name: 'first', static_layer: { x: 1 } },
          { name: 'headgate', static_layer: { x: 2 } },
          { name: 'admin', admin_layer: {} },
        ],
      },
    });
    expect(text).toContain('"route_config":{"name":');
    expect(encodeMessage('envoy.config.bootstrap.v3.Bootstrap', json).length).toBeGreaterThan(100);
  });

  it('is the same whatever the order of the resources [upstreams.static]', () => {
    const names = ['c', 'a', 'b'];
    const clusters = names.map((name) => ({ typeUrl: resourceType('clusters')?.typeUrl ?? '', json: { name } }));
    expect(buildStatic(clusters, options)).toEqual(buildStatic(clusters.toReversed(), options));
  });

  it('refuses what only a control plane serves, and references to nothing [upstreams.static]', () => {
    const scoped = { typeUrl: resourceType('scoped_routes')?.typeUrl ?? '', json: { name: 'x' } };
    expect(() => buildStatic([scoped], options)).toThrow(
      /ScopedRouteConfiguration cannot stand in a static configuration/,
    );
    const eds = { typeUrl: resourceType('clusters')?.typeUrl ?? '', json: { name: 'x', type: 'EDS' } };
    expect(() => buildStatic([eds], options)).toThrow('There are no endpoints x, which other resources refer to.');
    const rds = {
      typeUrl: resourceType('listeners')?.typeUrl ?? '',
      json: { name: 'x', rds: { route_config_name: 'r' } },
    };
    expect(() => buildStatic([rds], options)).toThrow('There are no routes r, which other resources refer to.');
  });
});

describe('secretFiles', () => {
  const state = readState(
    `secrets:
  me: { certificate: { file: /abs/c.pem }, key: { file: k.pem } }
  token: { value: { file: t }, groups: [x] }
  other: { value: { env: TOKEN }, groups: [y] }
`,
    'cp.yaml',
  );

  it('names files that the proxy reads itself, so that no key is written [upstreams.static-secrets]', () => {
    expect(secretFiles(state, 'x', '/folder').map(({ json }) => json)).toEqual(
      expect.arrayContaining([
        {
          name: 'me',
          tls_certificate: {
            certificate_chain: { filename: '/abs/c.pem' },
            private_key: { filename: '/folder/k.pem' },
          },
        },
        { name: 'token', generic_secret: { secret: { filename: '/folder/t' } } },
      ]),
    );
  });

  it('refuses those that come from elsewhere [upstreams.static-secrets]', () => {
    expect(() => secretFiles(state, 'y', '/folder')).toThrow(
      'The secret other is no file, so a static configuration cannot name it.',
    );
  });
});
