import { Command } from 'commander';
import { type Invocation, print } from '../invocation.ts';
import { allPages } from './pages.ts';
import { columnsOf, oneLine, renderTable, spanOf } from './terminal-text.ts';
import type { WireNodes, WireProxy, WireProxyType } from './wire.ts';
import { addCpOptions, type CpOptions, withControlPlane } from './with-control-plane.ts';

/** `headgate cp status`: each proxy, what it acknowledged, what it refused and why, how long that took. Exit code 1 while a proxy refuses something. */
export function cpStatusCommand(invocation: Invocation): Command {
  const command = new Command('status').description('each proxy: what it has, what it refused and why');
  return addCpOptions(command).action((options: CpOptions) =>
    withControlPlane(options, async (client) => {
      const nodes = await allPages<WireProxy, WireNodes>(client, '/api/v1/nodes', invocation.signal);
      if (nodes.states.refusing > 0) invocation.exitCode = 1;
      print(invocation, nodes, renderStatus(nodes, columnsOf(process.stdout)));
    }),
  );
}

/** The state of a fleet of proxies as a person reads it, lines at most `width` wide. */
export function renderStatus(nodes: WireNodes, width: number): string {
  const { items, version, last_acknowledged: last, convergence_ms: convergence, states } = nodes;
  const behind = states.updating + states.refusing;
  const known = behind === 0 ? 'every proxy has it' : `the last that every proxy acknowledged is ${last ?? 'none'}`;
  const lines = [oneLine(items.length === 0 ? `Version ${version}.` : `Version ${version}; ${known}.`, width)];
  if (items.length === 0) return [...lines, 'No proxy is connected.'].join('\n');
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  const times =
    convergence === null
      ? ''
      : `; convergence ${spanOf(convergence.p50)} in the middle, ${spanOf(convergence.max)} at most`;
  lines.push(
    oneLine(`${items.length} ${items.length === 1 ? 'proxy' : 'proxies'}: ${counts.join(', ')}${times}.`, width),
    '',
  );
  const rows = items.map(({ id, group, envoy_version: envoy, state, convergence_ms: took, types }) => [
    oneLine(id === '' ? '(no id)' : id, ID_WIDTH),
    oneLine(group, GROUP_WIDTH),
    oneLine(envoy ?? '?', VERSION_WIDTH),
    state,
    spanOf(took),
    types.map(typeText).join('  '),
  ]);
  lines.push(renderTable(['PROXY', 'GROUP', 'ENVOY', 'STATE', 'TOOK', 'ACKNOWLEDGED'], rows, width));
  return [...lines, ...items.flatMap((proxy) => troubles(proxy, width))].join('\n');
}

/** Names come from proxies: a long one must not push everything else off the screen. Characters. */
const ID_WIDTH = 40;
const GROUP_WIDTH = 20;
const VERSION_WIDTH = 12;

/** `clusters 3/3`: of what it subscribed to, how much it has in the current version. */
function typeText({ type, current, pending, refused }: WireProxyType): string {
  const mark = refused === null ? '' : '!';
  return `${type} ${current}/${current + pending}${mark}`;
}

function troubles({ id, types }: WireProxy, width: number): string[] {
  return types.flatMap(({ type, refused, held_back: heldBack }) => [
    ...(refused === null
      ? []
      : [
          '',
          oneLine(
            `${id} refused ${type} at ${refused.at}: ${namesOf(refused.resources, refused.resource_count)}`,
            width,
          ),
          `  ${oneLine(refused.message, width - 2)}`,
        ]),
    ...(heldBack.length === 0
      ? []
      : ['', oneLine(`${id} waits with ${type} for what they refer to: ${heldBack.join(', ')}`, width)]),
  ]);
}

function namesOf(names: readonly string[], count: number): string {
  const more = count - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
