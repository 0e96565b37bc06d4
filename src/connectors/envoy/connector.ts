import type { GatewayAccess } from '../../kernel/config.ts';
import { type Connector, reportInTime } from '../../kernel/connector.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';
import type { TracePort } from '../../kernel/trace.ts';
import { ControlPlaneClient } from './client.ts';
import { type Gateway, waitFor } from './gateway.ts';
import { canary } from './prompts/canary.ts';
import { gatewayTools } from './surface.ts';
import { Current } from './wire.ts';

/** What the connector gets from outside. */
export interface EnvoyDependencies {
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly resolveSecret: SecretResolver;
  readonly trace?: TracePort | undefined;
}

/** How long the control plane may take to say how it is. Milliseconds. */
const HEALTH_MS = 5_000;

/** Envoy proxies, by the REST API of the control plane that configures them. Opens nothing until it is asked. */
export function createEnvoy(access: GatewayAccess, { clock, resolveSecret, trace }: EnvoyDependencies): Connector {
  const client = new ControlPlaneClient({ access, resolveSecret, trace });
  const gateway: Gateway = { client, clock, wait: waitFor };
  return {
    id: 'gateway',
    platform: 'envoy',
    tools: gatewayTools(gateway),
    resources: [],
    prompts: [canary],
    health: (signal) =>
      reportInTime(
        'gateway',
        async (inTime) => {
          const started = performance.now();
          const { version } = await client.ask({ path: 'version', signal: inTime }, Current);
          const latency_ms = Math.round(performance.now() - started);
          return [{ name: 'gateway', ok: true, message: `${client.address}: version ${version}`, latency_ms }];
        },
        signal,
        HEALTH_MS,
      ),
    close: () => client.close(),
  };
}
