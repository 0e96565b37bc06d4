import { HeadgateError } from '../../../kernel/errors.ts';
import type { Channel } from '../channel.ts';
import type { LocalSettings } from '../local-database.ts';
import { type Door, serveDatabase } from '../socket/serve.ts';
import { DirectChannel, type Turn } from './direct-channel.ts';
import { openDatabase } from './open-database.ts';

/** Statements that run at the same time in one process: each keeps one of the four threads that also read files. */
const MAX_RUNNING = 3;

/** Files that this process owns: the lock of the system does not keep a process from itself. */
const owned = new Set<string>();

/** What a process has that owns the file. */
export interface Owner {
  /** True when DuckDB gave up: the file must be opened anew. */
  readonly broken: boolean;
  openChannel(): Promise<Channel>;
  /** Lets others finish for at most `ms`, then closes the file. */
  close(ms: number): Promise<void>;
}

/** Opens the file and lets others in. Errors: those of `openDatabase`; `unavailable` with `locked` when this process has it already. */
export async function takeOwnership(settings: LocalSettings): Promise<Owner> {
  const { places, report } = settings;
  if (owned.has(places.file)) {
    throw new HeadgateError('unavailable', `The local database ${places.file} is being opened or closed.`, {
      details: { locked: true },
    });
  }
  owned.add(places.file);
  try {
    const instance = await openDatabase(places, settings);
    const channels = new Set<Channel>();
    const turn = turns(MAX_RUNNING);
    let broken = false;
    const openChannel = async (): Promise<Channel> => {
      const direct = new DirectChannel(await instance.connect(), turn, () => {
        broken = true;
      });
      const channel: Channel = {
        request: (request, bytes) => direct.request(request, bytes),
        interrupt: () => direct.interrupt(),
        close: async () => {
          await direct.close();
          channels.delete(channel);
        },
      };
      channels.add(channel);
      return channel;
    };
    const door = await serve(places.socket, openChannel, report).catch((error: unknown) => {
      instance.closeSync();
      throw error;
    });
    return {
      get broken() {
        return broken;
      },
      openChannel,
      async close(ms) {
        await door.close(ms);
        await Promise.all([...channels].map((channel) => channel.close()));
        instance.closeSync();
        owned.delete(places.file);
      },
    };
  } catch (error) {
    owned.delete(places.file);
    throw error;
  }
}

function serve(path: string, openChannel: () => Promise<Channel>, report: LocalSettings['report']): Promise<Door> {
  return serveDatabase(path, openChannel, (error) =>
    report('Another process could not use the local database.', error),
  );
}

/** Lets at most `most` run at a time, in the order in which they came. */
function turns(most: number): Turn {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
