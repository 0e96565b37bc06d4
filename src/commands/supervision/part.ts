import type { ChildProcess } from 'node:child_process';

/** A program of the fleet: how it is started, known to be ready, and ended. */
export interface Part {
  /** As messages and its log lines have it. */
  readonly name: string;
  /** Starts it once. Its own process group, so that Ctrl-C at a terminal reaches it only through us, in order. */
  launch(): ChildProcess;
  /** Resolves when the child does its work. Rejects when it says that it cannot. The signal ends the waiting. */
  ready(child: ChildProcess, signal: AbortSignal): Promise<void>;
  /** Asks the child to end; whoever asked waits for its end. */
  end(child: ChildProcess): Promise<void>;
  /** A child that is still there so long after it was asked is killed. Milliseconds. */
  readonly endMs: number;
  /** A child that is not ready after so long is killed. Milliseconds. */
  readonly readyMs: number;
}
