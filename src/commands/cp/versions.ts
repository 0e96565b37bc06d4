import { Command, InvalidArgumentError } from 'commander';
import { type Invocation, print } from '../invocation.ts';
import { columnsOf, oneLine, renderTable } from './terminal-text.ts';
import type { Page, WireVersion } from './wire.ts';
import { addCpOptions, type CpOptions, withControlPlane } from './with-control-plane.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 200;

/** `headgate cp versions`: the history, newest first. */
export function cpVersionsCommand(invocation: Invocation): Command {
  const command = new Command('versions')
    .description('versions of the desired state, newest first: who made them, when and why')
    .option('--limit <count>', `how many, at most ${MAX_LIMIT}`, parseLimit, DEFAULT_LIMIT);
  return addCpOptions(command).action((options: CpOptions & { limit: number }) =>
    withControlPlane(options, async (client) => {
      const { signal } = invocation;
      const page = (await client.ask('GET', `/api/v1/versions?limit=${options.limit}`, {
        signal,
      })) as Page<WireVersion>;
      print(invocation, page, renderVersions(page, columnsOf(process.stdout)));
    }),
  );
}

/** Versions as a person reads them. */
export function renderVersions({ items, total }: Page<WireVersion>, width: number): string {
  if (items.length === 0) return 'There is no version yet.';
  const rows = items.map(({ number, version, at, author, changed, removed, objects }) => [
    String(number),
    version,
    at,
    oneLine(`${author.subject} (${author.via})`, AUTHOR_WIDTH),
    `+${changed} -${removed}`,
    oneLine([author.reason ?? '', objects.join(', ')].filter((part) => part !== '').join(': '), width),
  ]);
  const table = renderTable(['NUMBER', 'VERSION', 'AT', 'BY', 'OBJECTS', 'WHAT'], rows, width);
  return total > items.length ? `${table}\n${total - items.length} older ones are not shown.` : table;
}

const AUTHOR_WIDTH = 32;

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d{1,3}$/.test(text) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new InvalidArgumentError(`A limit is a number from 1 to ${MAX_LIMIT}.`);
}
