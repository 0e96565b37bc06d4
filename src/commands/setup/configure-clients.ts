import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { UsageError } from '../invocation.ts';
import { type EntryPath, entryOf, hasServers, withEntry } from './client-file.ts';
import { CLIENTS, type Connection, ENTRY, type Machine, type McpClient } from './clients.ts';
import { backUp, noteWritten, readRecord, readText, replaceFile, sha256 } from './written-files.ts';

/** This machine. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    env: process.env,
    home: homedir(),
    exists: existsSync,
    list: (folder) => (existsSync(folder) ? readdirSync(folder) : []),
  };
}

/** A client by its id. Errors: a `UsageError` that lists all ids. */
export function clientNamed(id: string): McpClient {
  const client = CLIENTS.find((one) => one.id === id);
  if (client !== undefined) return client;
  throw new UsageError('invalid_argument', `There is no client "${id}".`, {
    hint: `Known are ${CLIENTS.map((one) => one.id).join(', ')}.`,
  });
}

/** What a client's file needs, and where it is. */
export interface ClientSetting {
  readonly client: string;
  readonly title: string;
  readonly file: string;
  /** The text that a file with nothing else in it has. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** The settings of all clients whose files know such a connection. */
export function settingsOf(connection: Connection, machine: Machine): ClientSetting[] {
  return CLIENTS.flatMap((client) => {
    const entry = client.entry(connection);
    if (entry === null) return [];
    const content = { [client.key]: { [ENTRY]: entry } };
    return [{ client: client.id, title: client.title, file: client.file(machine), content }];
  });
}

/** What became of a client's file. */
export interface WrittenClient {
  readonly client: string;
  readonly file: string;
  readonly outcome: 'created' | 'added' | 'replaced' | 'unchanged';
  /** The file as it was before; null when nothing was lost. */
  readonly backup: string | null;
  readonly afterwards: string;
}

/**
 * Puts the entry into a client's file, keeps a copy of the file as it was, and notes what was written. A second time
 * changes nothing. Errors: `failed_precondition` (the file is no JSON), `permission_denied`, `invalid_argument` (the
 * client's file knows no such connection); the file is then as it was.
 */
export async function writeClient(
  client: McpClient,
  connection: Connection,
  { machine, home }: { machine: Machine; home: string },
): Promise<WrittenClient> {
  const entry = client.entry(connection);
  if (entry === null) {
    throw new UsageError('invalid_argument', `${client.title} knows no servers over HTTP in its file.`, {
      hint: 'Use --transport stdio.',
    });
  }
  const file = client.file(machine);
  const path: EntryPath = [client.key, ENTRY];
  const before = await readText(file);
  const present = before === null ? undefined : entryOf(before, path, file);
  const after = withEntry(before ?? '', path, entry, file);
  const told = { client: client.id, file, afterwards: client.afterwards };
  if (after === before) return { ...told, outcome: 'unchanged', backup: null };
  const backup = before === null ? null : await backUp(file);
  await replaceFile(file, after, 0o600);
  const noted = (await readRecord(home)).find((written) => written.kind === 'client' && written.file === file);
  const created = before === null || (noted?.kind === 'client' && noted.created);
  const madeList = noted?.kind === 'client' ? noted.madeList === true : !hasServers(before ?? '', path, file);
  const hash = sha256(JSON.stringify(entry));
  await noteWritten(home, { kind: 'client', client: client.id, file, path, sha256: hash, created, madeList, backup });
  if (before === null) return { ...told, outcome: 'created', backup };
  return { ...told, outcome: present === undefined ? 'added' : 'replaced', backup };
}
