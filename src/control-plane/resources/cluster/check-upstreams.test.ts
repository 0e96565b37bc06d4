import { expect, it } from 'vitest';
import { readState } from '../../desired-state/read-state.ts';
import type { Unit } from '../build-context.ts';
import { checkUpstreams } from './check-upstreams.ts';

const check = (yaml: string, ...names: Array<[Unit['kind'], string]>) =>
  checkUpstreams(
    readState(yaml, 'cp.yaml'),
    names.map(([kind, name]) => ({ kind, name })),
  ).map(
    ({ severity, path, message, hint }) => `${severity} ${path}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );

const SECRETS = 'secrets:\n  authority: { ca: { file: a } }\n  me: { certificate: { file: a }, key: { file: a } }\n';

it('names secrets and groups that are not there, or of another form [upstreams.references]', () => {
  const yaml = `${SECRETS}clusters:
  a: { endpoints: [a:1], groups: [nobody], tls: { ca: autority, certificate: authority } }
  b: { endpoints: [a:1], groups: [default], tls: { ca: authority, certificate: me } }
`;
  expect(check(yaml, ['cluster', 'a'], ['cluster', 'b'])).toEqual([
    'error clusters/a.tls.ca: there is no secret autority (Did you mean "authority"?)',
    'error clusters/a.tls.certificate: the secret authority has no certificate',
    'error clusters/a.groups[0]: there is no group nobody (Add it under groups.)',
  ]);
});

it('looks at the clusters of a secret that changed, and at no others [upstreams.references]', () => {
  const yaml = `${SECRETS}clusters:\n  a: { endpoints: [a:1], tls: { ca: me } }\n  b: {}\n`;
  expect(check(yaml, ['secret', 'me'], ['listener', 'b'])).toEqual([
    'error clusters/a.tls.ca: the secret me has no ca',
  ]);
});

it('warns of clusters without servers, blind trust and zones that nobody is in [upstreams.references]', () => {
  const yaml = `clusters:
  a: {}
  b: { endpoints: [{ address: a, port: 1, zone: z }], tls: { skip_verification: true }, load_balancing: { locality: weighted, zone_weights: { y: 1 } } }
  c: {}
endpoints:
  c: { registered: [] }
`;
  expect(check(yaml, ['cluster', 'a'], ['cluster', 'b'], ['cluster', 'c'])).toEqual([
    'warning clusters/a: has no endpoints, so requests to it are answered with 503 until servers register (Give it endpoints, or let servers register for a.)',
    'warning clusters/b.tls.skip_verification: the certificate of the server is not checked: whoever answers is believed (Name the authority with ca or ca_file.)',
    'warning clusters/b.load_balancing.zone_weights.y: no endpoint is in zone y',
  ]);
});

it('refuses endpoints alone that only a cluster could look up [upstreams.references]', () => {
  const yaml = 'endpoints:\n  a: { endpoints: [a:1] }\n  b: { endpoints: [10.0.0.1:1] }\n';
  expect(check(yaml, ['cluster', 'a'], ['cluster', 'b'], ['cluster', 'gone'])).toEqual([
    'error endpoints/a: has names of DNS, and there is no cluster a that would look them up (Add a cluster of that name, or give IP addresses.)',
  ]);
});

it('names groups that are not there, of every kind of object [upstreams.references]', () => {
  const yaml = `groups: { edge: {} }
endpoints: { a: { groups: [edg] } }
runtime: { a: { groups: [edge, x], values: {} } }
resources: { a: { groups: [default, y], type: clusters, resource: {} } }
`;
  expect(check(yaml, ['cluster', 'a'], ['runtime', 'a'], ['resource', 'a'])).toEqual([
    'error endpoints/a.groups[0]: there is no group edg (Did you mean "edge"?)',
    'error runtime/a.groups[1]: there is no group x (Add it under groups.)',
    'error resources/a.groups[1]: there is no group y (Add it under groups.)',
  ]);
});
