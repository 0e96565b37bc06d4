import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envoyVersionOf, groupNames } from '../desired-state/proxy-group.ts';
import { readState } from '../desired-state/read-state.ts';
import { checkRouting } from '../resources/build-listener.ts';
import { checkUpstreams } from '../resources/cluster/check-upstreams.ts';
import { allUnits, buildGroup } from '../resources/units.ts';
import { encodeResource } from '../snapshot/encode-resource.ts';
import { buildBootstrap } from './build-bootstrap.ts';
import { buildStatic } from './build-static.ts';
import { renderYaml } from './render-yaml.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
const EXAMPLES = join(REPOSITORY, 'examples', 'envoy');
const DEPLOY = join(REPOSITORY, 'deploy', 'envoy');
const PROXY = { nodeId: 'envoy-1', nodeCluster: 'headgate', adminPort: 9901 };
const files = globSync('*.yaml', { cwd: EXAMPLES }).sort();

const read = (file: string) => readState(readFileSync(join(EXAMPLES, file), 'utf8'), file);
const contextOf = (file: string, group: string) => {
  const state = read(file);
  return { state, group, envoyVersion: envoyVersionOf(state, group), secrets: new Map() };
};
const commented = (comment: string, json: unknown) => `# ${comment}\n${renderYaml(json)}`;

describe('examples/envoy', () => {
  it('has every kind of example that the documentation names [upstreams.examples]', () => {
    expect(files).toEqual([
      'canary.yaml',
      'external-server.yaml',
      'groups.yaml',
      'jwt-and-rbac.yaml',
      'minimal.yaml',
      'priority-and-locality.yaml',
      'raw-resources.yaml',
      'registered-replicas.yaml',
      'tenants.yaml',
    ]);
  });

  it.each(files)('%s has no problem and builds what Envoy’s constraints allow [upstreams.examples]', (file) => {
    const state = read(file);
    const units = allUnits(state);
    const errors = [...checkRouting(state, units), ...checkUpstreams(state, units)];
    for (const group of groupNames(state)) {
      errors.push(...buildGroup(contextOf(file, group)).flatMap((built) => encodeResource(built).problems));
    }
    expect(errors.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it.each(['minimal.yaml', 'priority-and-locality.yaml'])(
    'static/%s is what is made of the example now [upstreams.examples]',
    async (file) => {
      const json = buildStatic(buildGroup(contextOf(file, 'default')), PROXY);
      const yaml = commented(`Made of examples/envoy/${basename(file)}: an Envoy without a control plane.`, json);
      await expect(yaml).toMatchFileSnapshot(join(EXAMPLES, 'static', file));
    },
  );
});

describe('deploy/envoy', () => {
  const DYNAMIC =
    'What an Envoy is started with that takes everything else from `headgate control-plane`. Give each proxy an id of its own.';

  it('has the bootstrap that is built now [upstreams.bootstrap] [upstreams.examples]', async () => {
    const json = buildBootstrap({ ...PROXY, xds: { host: '127.0.0.1', port: 18_000 } });
    await expect(commented(DYNAMIC, json)).toMatchFileSnapshot(join(DEPLOY, 'bootstrap.yaml'));
  });

  it('has the bootstrap with mutual TLS that is built now [upstreams.bootstrap-tls] [upstreams.examples]', async () => {
    const certificate = { chain: '/etc/envoy/tls/proxy.pem', key: '/etc/envoy/tls/proxy-key.pem' };
    const tls = { ca: '/etc/envoy/tls/ca.pem', certificate, serverName: null };
    const json = buildBootstrap({ ...PROXY, zone: 'eu-a', xds: { host: 'control.example.com', port: 18_000, tls } });
    await expect(commented(DYNAMIC, json)).toMatchFileSnapshot(join(DEPLOY, 'bootstrap-mtls.yaml'));
  });
});
