/** Something that is done again and again. */
export interface UpkeepTask {
  /** What it is, as a message names it: `following other control planes`. */
  readonly what: string;
  readonly everyMs: number;
  run(): Promise<void>;
}

/** The running upkeep. */
export interface Upkeep {
  /** Ends it; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/** Does each task in its rhythm, never twice at once. One that fails is reported once, until it works again. */
export function startUpkeep(tasks: readonly UpkeepTask[], report: (message: string, error: unknown) => void): Upkeep {
  const running = new Set<Promise<void>>();
  const timers = tasks.map(({ what, everyMs, run }) => {
    let busy = false;
    let failed = false;
    const once = async () => {
      try {
        await run();
        failed = false;
      } catch (error) {
        if (!failed) report(`It failed, and goes on being tried: ${what}.`, error);
        failed = true;
      }
    };
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      const turn = once().finally(() => {
        busy = false;
        running.delete(turn);
      });
      running.add(turn);
    }, everyMs);
    timer.unref();
    return timer;
  });
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running);
    },
  };
}
