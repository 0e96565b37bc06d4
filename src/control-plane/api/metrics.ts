import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { HeadgateError } from '../../kernel/errors.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { ProxyStatus, Refusal } from '../proxy.ts';
import { resourceType } from '../resource.ts';

/** Seconds. A change reaches Envoy in some 10 ms; a proxy that warms clusters takes seconds. */
const CONVERGENCE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const APPLY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STATES: ReadonlyArray<ProxyStatus['state']> = ['current', 'updating', 'refusing'];

/** What `/metrics` of a control plane shows. `observer` goes into the parts of the control plane. */
export interface ControlPlaneMetrics {
  /** Told what proxies refuse and acknowledge: part of the control plane's own parts. */
  readonly observer: {
    /** A proxy refused a response. */
    onRefused(proxy: { readonly group: string }, refusal: Refusal): void;
    /** A proxy has acknowledged all of its group's snapshot. */
    onCurrent(proxy: { readonly group: string }, version: string, convergenceMs: number): void;
  };
  /** Measures a change of the state: its time and outcome. */
  timeApply<T>(action: string, work: () => Promise<T>): Promise<T>;
  /** Prometheus text, with what `controlPlane` has now. */
  render(controlPlane: ControlPlane): Promise<string>;
  readonly contentType: string;
}

/** Makes one registry of its own: nothing is global. */
export function createControlPlaneMetrics(): ControlPlaneMetrics {
  const registers = [new Registry()];
  const [registry = new Registry()] = registers;
  const nacks = new Counter({
    name: 'headgate_xds_nacks_total',
    help: 'Responses that proxies refused, by group and type.',
    labelNames: ['group', 'type'],
    registers,
  });
  const convergence = new Histogram({
    name: 'headgate_xds_convergence_seconds',
    help: 'From publishing a snapshot to its last acknowledgement by a proxy.',
    labelNames: ['group'],
    buckets: CONVERGENCE_BUCKETS,
    registers,
  });
  const applies = new Histogram({
    name: 'headgate_control_plane_apply_seconds',
    help: 'Time of changes of the desired state, from the check to the publication, by action and outcome.',
    labelNames: ['action', 'outcome'],
    buckets: APPLY_BUCKETS,
    registers,
  });
  const gauges = createGauges(registers);
  return {
    contentType: registry.contentType,
    observer: {
      onRefused: ({ group }, { typeUrl }) => nacks.inc({ group, type: typeName(typeUrl) }),
      onCurrent: ({ group }, _version, convergenceMs) => convergence.observe({ group }, convergenceMs / 1000),
    },
    async timeApply(action, work) {
      const end = applies.startTimer({ action });
      try {
        const result = await work();
        end({ outcome: 'ok' });
        return result;
      } catch (error) {
        end({ outcome: error instanceof HeadgateError ? error.code : 'internal' });
        throw error;
      }
    },
    async render(controlPlane) {
      await gauges.read(controlPlane);
      return registry.metrics();
    },
  };
}

function createGauges(registers: Registry[]) {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `headgate_${name}`, help, labelNames, registers });
  const proxies = gauge('xds_proxies', 'Connected proxies, by group and state.', ['group', 'state']);
  const subscribed = gauge('xds_subscribed_resources', 'Resources that connected proxies subscribe to.', ['type']);
  const pending = gauge('xds_pending_resources', 'Resources on their way to connected proxies, or held back.', [
    'type',
  ]);
  const acks = gauge('xds_acks', 'Responses that the proxies connected now have acknowledged.', ['type']);
  const resources = gauge('xds_resources', 'Resources of a snapshot.', ['group', 'type']);
  const objects = gauge('control_plane_objects', 'Objects of the desired state.', ['kind']);
  const versions = gauge('control_plane_versions', 'Versions in the history.');
  const readGroups = (controlPlane: ControlPlane): void => {
    for (const group of controlPlane.groups()) {
      for (const state of STATES) proxies.set({ group, state }, 0);
      for (const [typeUrl, { size }] of controlPlane.snapshot(group).sets)
        resources.set({ group, type: typeName(typeUrl) }, size);
    }
  };
  const readProxy = ({ group, state, types }: ProxyStatus): void => {
    proxies.inc({ group, state });
    for (const { typeUrl, subscribedCount, pendingCount, ackCount } of types) {
      const type = typeName(typeUrl);
      subscribed.inc({ type }, subscribedCount);
      pending.inc({ type }, pendingCount);
      acks.inc({ type }, ackCount);
    }
  };
  return {
    async read(controlPlane: ControlPlane): Promise<void> {
      for (const each of [proxies, subscribed, pending, acks, resources, objects]) each.reset();
      readGroups(controlPlane);
      for (const proxy of controlPlane.proxies()) readProxy(proxy);
      for (const [kind, { size }] of Object.entries(controlPlane.state)) objects.set({ kind }, size);
      // A store that is down must not take the other figures away: the last number stays.
      const page = await controlPlane.versions({ limit: 1, before: null }).catch(() => null);
      if (page !== null) versions.set(page.total);
    },
  };
}

function typeName(typeUrl: string): string {
  return resourceType(typeUrl)?.name ?? 'unknown';
}
