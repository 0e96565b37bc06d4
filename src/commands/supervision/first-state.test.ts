import { expect, it } from 'vitest';
import type { ControlPlaneClient } from '../control-plane-client.ts';
import { firstState, provideFirstState, proxyUrl, removeLeftovers } from './first-state.ts';
import type { FleetPlan } from './fleet-plan.ts';

const place = (port: number) => ({ host: '127.0.0.1', port });

const plan: FleetPlan = {
  envoy: { path: '/envoy', version: '1.40.0' },
  proxy: place(10_000),
  admin: place(9901),
  xds: place(18_000),
  api: place(8080),
  apiUrl: 'http://127.0.0.1:8080',
  replicas: [place(8000)],
  cluster: 'headgate',
  token: null,
};

const never = new AbortController().signal;

/** A control plane that has objects; the changes that it was sent. */
function controlPlane(objects: Record<string, Record<string, unknown>>) {
  const sent: unknown[] = [];
  const counts = Object.fromEntries(Object.entries(objects).map(([kind, named]) => [kind, Object.keys(named).length]));
  const client: ControlPlaneClient = {
    url: '',
    async ask(method, path, options) {
      if (method === 'DELETE') return sent.push(path);
      const [, kind = '', name] = /^\/api\/v1\/(\w+)(?:\/(\w+))?/.exec(path) ?? [];
      if (kind === 'version') return { objects: counts };
      if (kind === 'batch') return sent.push(options?.body);
      if (name !== undefined) return { spec: objects[kind]?.[name] };
      return { items: Object.keys(objects[kind] ?? {}).map((each) => ({ name: each })) };
    },
    close: async () => {},
  };
  return { client, sent };
}

it('gives an empty control plane the state of a fleet [up.first-state]', async () => {
  const { client, sent } = controlPlane({ clusters: {}, routes: {} });
  await provideFirstState(client, plan, never);
  expect(sent).toEqual([{ state: firstState(plan), reason: 'headgate up' }]);
  expect(firstState(plan)).toEqual({
    groups: { default: { envoy_version: '1.40' } },
    clusters: { headgate: {} },
    listeners: { default: { address: '127.0.0.1', port: 10_000 } },
    routes: { headgate: { cluster: 'headgate' } },
  });
});

it('leaves a state as it is that fits [up.first-state]', async () => {
  const { client, sent } = controlPlane({
    groups: { default: { envoy_version: '1.40' } },
    listeners: { default: { address: '127.0.0.1', port: 10_000, cors: {} } },
    routes: { own: {} },
  });
  await provideFirstState(client, plan, never);
  expect(sent).toEqual([]);
});

it('lets only the listener and the version of Envoy follow what was asked for now [up.first-state]', async () => {
  const { client, sent } = controlPlane({
    groups: { default: { envoy_version: '1.36' } },
    listeners: { default: { address: '127.0.0.1', port: 1, cors: {} } },
  });
  await provideFirstState(client, plan, never);
  expect(sent).toEqual([
    {
      state: {
        listeners: { default: { address: '127.0.0.1', port: 10_000, cors: {} } },
        groups: { default: { envoy_version: '1.40' } },
      },
      reason: 'headgate up',
    },
  ]);
});

it('takes away what a fleet that was killed left registered, and nobody else [up.first-state]', async () => {
  const registered = [
    { id: 'old', address: '127.0.0.1', port: 8000 },
    { id: 'other', address: '10.0.0.7', port: 8000 },
  ];
  const { client, sent } = controlPlane({ endpoints: { headgate: { registered } } });
  await removeLeftovers(client, plan, never);
  expect(sent).toEqual(['/api/v1/registrations/old']);
  const none = controlPlane({});
  await removeLeftovers(none.client, plan, never);
  expect(none.sent).toEqual([]);
});

it('knows where clients reach it', () => {
  const url = (host: string) => proxyUrl({ ...plan, proxy: { host, port: 80 } });
  expect(['127.0.0.1', '0.0.0.0', 'localhost', '::1'].map(url)).toEqual([
    'http://127.0.0.1:80',
    'http://127.0.0.1:80',
    'http://127.0.0.1:80',
    'http://[::1]:80',
  ]);
});
