import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBootstrap } from '../../src/control-plane/bootstrap/build-bootstrap.ts';
import { buildStatic } from '../../src/control-plane/bootstrap/build-static.ts';
import { renderYaml } from '../../src/control-plane/bootstrap/render-yaml.ts';
import { secretFiles } from '../../src/control-plane/bootstrap/secret-files.ts';
import { envoyVersionOf, groupNames } from '../../src/control-plane/desired-state/proxy-group.ts';
import { readState } from '../../src/control-plane/desired-state/read-state.ts';
import { buildGroup } from '../../src/control-plane/resources/units.ts';
import { type EnvoyVersion, installEnvoy, validateWithEnvoy } from '../stack/envoy.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'envoy');
const PROXY = { nodeId: 'envoy-1', nodeCluster: 'headgate', adminPort: 9901 };
const examples = globSync('*.yaml', { cwd: EXAMPLES }).sort();

/** Every feature of a cluster that the desired state has, in as few clusters as they fit in. */
const EVERY_FEATURE = `
clusters:
  plain: { endpoints: [127.0.0.1:8000, "[::1]:8001"] }
  external: { endpoints: ["mcp.example.com:443"], tls: true }
  names:
    endpoints: ["a.example.com:443", "b.example.com:443", "10.0.0.1:443"]
    tls: { min_version: "1.3" }
    http_version: auto
    dns: { refresh_s: 10, respect_ttl: true, family: all }
  mutual:
    endpoints: [10.0.0.1:443]
    protocol: grpc
    tls: { sni: x.y, ca: authority, certificate: own, names: [x.y, "spiffe://a/b", 10.0.0.1] }
    health_check: { service: x }
  blind:
    endpoints: [10.0.0.1:443]
    protocol: http2
    tls: { skip_verification: true }
    health_check: { path: /h, expected_statuses: [200, 300-399], host: x, interval_s: 0.5, unhealthy_after: 3, healthy_after: 2 }
  ring:
    endpoints: [{ address: 10.0.0.1, port: 1, zone: a }]
    protocol: http
    load_balancing: { policy: ring_hash, min_ring_size: 10, max_ring_size: 100, locality: weighted, zone_weights: { a: 5 } }
    limits: { connections: 1, connections_per_endpoint: 3, pending_requests: 2, requests: 2, retries: 4 }
  maglev:
    endpoints: [10.0.0.1:1]
    protocol: http
    load_balancing: { policy: maglev, table_size: 251 }
    limits: { retry_budget: { percent: 30, min_concurrency: 1 } }
    outlier_detection: { consecutive_5xx: 3, consecutive_connect_failures: 0, base_ejection_s: 300 }
  zones:
    mode: stateless
    endpoints:
      - { address: 10.0.0.1, port: 1, region: r, zone: a, sub_zone: s, weight: 5, health: draining, hostname: a.b }
      - { address: "::1", port: 2, priority: 1, zone: b, health: degraded }
    load_balancing:
      policy: round_robin
      locality: zone_aware
      zone_aware: { min_endpoints: 2, routing_percent: 90 }
      slow_start: { window_s: 10, aggression: 1.5, min_weight_percent: 5 }
      panic_threshold_percent: 0
    keepalive: { idle_s: 5, interval_s: 1, probes: 2 }
    max_requests_per_connection: 100
    idle_timeout_s: 0
    connect_timeout_s: 0.25
    drain_on_endpoint_change: true
    close_connections_on_health_failure: true
  random:
    endpoints: [10.0.0.1:1]
    protocol: http
    load_balancing: { policy: random }
    health_check: { type: tcp }
    keepalive: false
    outlier_detection: false
    ignore_health_on_removal: false
  least: { endpoints: [10.0.0.1:1], http_version: "2", max_concurrent_streams: 7, load_balancing: { choices: 3, slow_start: { window_s: 1 } } }
  empty: {}
endpoints:
  zones: { overprovisioning_percent: 120, drop_percent: 1.5, registered: [{ id: a, address: 10.0.0.9, port: 7, zone: a }] }
secrets:
  authority: { ca: { file: certificates/edge.pem } }
  own: { certificate: { file: certificates/edge.pem }, key: { file: certificates/edge-key.pem } }
  token: { value: { file: certificates/edge-key.pem } }
runtime:
  headgate: { values: { upstream.healthy_panic_threshold: 40, a.b: { numerator: 1, denominator: HUNDRED } } }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-static-'));
  const [certificate, key] = ['edge.pem', 'edge-key.pem'].map((name) => join(folder, 'certificates', name));
  await mkdir(dirname(certificate ?? ''), { recursive: true });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=edge'];
  execFileSync('openssl', ['req', '-x509', ...ec, '-keyout', key ?? '', '-out', certificate ?? ''], { stdio: 'pipe' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The static configuration of each group, built for the group's oldest Envoy or `minor`, whichever is older. */
function staticYaml(yaml: string, minor: number): string[] {
  const state = readState(yaml, 'cp.yaml');
  return groupNames(state).map((group) => {
    const said = envoyVersionOf(state, group);
    const envoyVersion = said.minor > minor ? { major: 1, minor } : said;
    const resources = buildGroup({ state, group, envoyVersion, secrets: new Map() });
    return renderYaml(buildStatic([...resources, ...secretFiles(state, group, folder)], PROXY));
  });
}

describe.each<EnvoyVersion>(['1.36', '1.40'])('Envoy %s', (version) => {
  const minor = Number(version.split('.')[1]);
  let binary: string;
  beforeAll(async () => {
    binary = await installEnvoy(version);
  });

  it.each([28, minor])(
    'accepts every feature of clusters, as built for 1.%i [upstreams.real-envoy]',
    async (oldest) => {
      const group = `groups: { default: { envoy_version: "1.${oldest}" } }\n`;
      const [yaml = ''] = staticYaml(group + EVERY_FEATURE, minor);
      expect(yaml).toContain('cluster_name: empty');
      await validateWithEnvoy(binary, yaml);
    },
  );

  it.each(examples)(
    'accepts examples/envoy/%s as a static configuration [upstreams.examples-real-envoy]',
    async (file) => {
      for (const yaml of staticYaml(readFileSync(join(EXAMPLES, file), 'utf8'), minor))
        await validateWithEnvoy(binary, yaml);
    },
  );

  it('accepts the static examples as they are written [upstreams.examples-real-envoy]', async () => {
    const files = globSync('static/*.yaml', { cwd: EXAMPLES });
    expect(files).toHaveLength(2);
    for (const file of files) await validateWithEnvoy(binary, readFileSync(join(EXAMPLES, file), 'utf8'));
  });

  it('accepts the bootstrap, plain and with mutual TLS [upstreams.examples-real-envoy] [upstreams.bootstrap]', async () => {
    const deployed = join(EXAMPLES, '..', '..', 'deploy', 'envoy', 'bootstrap.yaml');
    await validateWithEnvoy(binary, readFileSync(deployed, 'utf8'));
    const [chain, key] = ['edge.pem', 'edge-key.pem'].map((name) => join(folder, 'certificates', name));
    const tls = { ca: chain ?? '', certificate: { chain: chain ?? '', key: key ?? '' }, serverName: 'cp' };
    const xds = { host: 'localhost', port: 18_000, tls };
    await validateWithEnvoy(binary, renderYaml(buildBootstrap({ ...PROXY, zone: 'y', localCluster: 'proxies', xds })));
  });
});
