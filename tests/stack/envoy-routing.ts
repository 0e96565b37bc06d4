import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type DesiredState,
  desiredObject,
  EMPTY_STATE,
  type Kind,
  withObjects,
} from '../../src/control-plane/desired-state/desired-state.ts';
import { checkObject } from '../../src/control-plane/desired-state/kinds.ts';
import { envoyVersionOf } from '../../src/control-plane/desired-state/proxy-group.ts';
import { buildListener } from '../../src/control-plane/resources/build-listener.ts';
import { type RunningEnvoy, startEnvoy } from './envoy.ts';

type Json = Record<string, unknown>;

/** Objects as the file has them: kind, name, spec. */
export type GivenObjects = Partial<Record<Kind, Record<string, Json>>>;

/** What an echo answers: which server, and what reached it. */
export interface Echo {
  readonly server: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An upstream that says what it got. */
export interface EchoServer {
  readonly port: number;
  /** Requests that reached it. */
  readonly requests: Echo[];
  stop(): Promise<void>;
}

/** An Envoy with the listeners and routes of a desired state, its clusters being static. */
export interface RoutingEnvoy {
  /** `http://127.0.0.1:PORT` of a listener. */
  urlOf(listener: string): string;
  readonly envoy: RunningEnvoy;
  stop(): Promise<void>;
}

/** The state of objects. Errors: throws what is wrong with them. */
export function stateOf(given: GivenObjects): DesiredState {
  const objects = Object.entries(given).flatMap(([kind, named]) =>
    Object.entries(named).map(([name, spec]) => {
      const { problems } = checkObject(kind as Kind, name, spec);
      if (problems.length > 0) throw new Error(JSON.stringify(problems));
      return desiredObject(kind as Kind, name, spec);
    }),
  );
  return withObjects(EMPTY_STATE, objects, []);
}

/** A bootstrap with what is built for the group `default`: routes are in their listeners, ports are free ones, clusters and secrets are given. */
export function staticBootstrap(
  state: DesiredState,
  endpoints: Readonly<Record<string, readonly number[]>>,
  secrets: readonly Json[] = [],
): Json {
  const names = state.listeners.size === 0 ? ['default'] : [...state.listeners].map(({ name }) => name);
  return {
    node: { id: 'test', cluster: 'test' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    static_resources: {
      listeners: names.map((name) => staticListener(state, name, secrets.length > 0)),
      clusters: [...state.clusters].map(({ name }) => staticCluster(name, endpoints[name] ?? [])),
      secrets,
    },
  };
}

/** Starts Envoy with a state. `endpoints`: local ports by cluster; `secrets`: Envoy's, that listeners name. */
export async function startRoutingEnvoy(
  binary: string,
  given: GivenObjects,
  endpoints: Readonly<Record<string, readonly number[]>>,
  secrets: readonly Json[] = [],
): Promise<RoutingEnvoy> {
  const envoy = await startEnvoy(binary, JSON.stringify(staticBootstrap(stateOf(given), endpoints, secrets)));
  const response = await fetch(`${envoy.adminUrl}/listeners?format=json`);
  const { listener_statuses: statuses } = (await response.json()) as {
    listener_statuses: ReadonlyArray<{ name: string; local_address: { socket_address: { port_value: number } } }>;
  };
  const ports = new Map(statuses.map(({ name, local_address: at }) => [name, at.socket_address.port_value]));
  return { envoy, urlOf: (listener) => `http://127.0.0.1:${ports.get(listener)}`, stop: () => envoy.stop() };
}

/** Starts an upstream. It gives out an MCP session to whoever initializes, and answers all else with what it got. */
export async function startEcho(name: string): Promise<EchoServer> {
  const requests: Echo[] = [];
  const server = createServer((request, response) => void answer(name, requests, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, requests, stop: () => stopServer(server) };
}

async function answer(
  server: string,
  requests: Echo[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const echo: Echo = {
    server,
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
  };
  requests.push(echo);
  if (echo.body.includes('"initialize"')) response.setHeader('mcp-session-id', `session-of-${server}`);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(echo));
}

function stopServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function staticListener(state: DesiredState, name: string, staticSecrets: boolean): Json {
  const envoyVersion = envoyVersionOf(state, 'default');
  const [listener, routes] = buildListener(name, { state, group: 'default', envoyVersion, secrets: new Map() });
  if (listener === undefined || routes === undefined) throw new Error(`No listener is built for ${name}.`);
  const text = JSON.stringify(listener.json);
  // A secret without a source is one of the bootstrap.
  const json = JSON.parse(text, (key, value: unknown) =>
    staticSecrets && key === 'sds_config' ? undefined : value,
  ) as Json;
  const [chain] = json.filter_chains as Array<{ filters: Array<{ typed_config: Json }> }>;
  const http = chain?.filters.at(-1)?.typed_config ?? {};
  delete http.rds;
  http.route_config = routes.json;
  json.address = { socket_address: { address: '127.0.0.1', port_value: 0 } };
  return json;
}

function staticCluster(name: string, ports: readonly number[]): Json {
  return {
    name,
    type: 'STATIC',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: ports.map((port) => ({
            endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
          })),
        },
      ],
    },
  };
}
