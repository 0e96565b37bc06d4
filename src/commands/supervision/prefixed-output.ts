import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Hands each line that a child writes, on either stream, to `write`, after `name | `. */
export function prefixOutput(child: ChildProcess, name: string, write: (line: string) => void): void {
  for (const input of [child.stdout, child.stderr]) {
    if (input === null) continue;
    createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => write(`${name} | ${line}\n`));
  }
}
