import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { describe, expect, it } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { scripts } = JSON.parse(readFileSync(at('../../../package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

describe('scan.wasm', () => {
  it('is what its source compiles to [eventlog.wasm-is-built-from-source]', async () => {
    const flags = (scripts['build:wasm'] ?? '').split(' ').slice(1);
    const built = new Map<string, Uint8Array | string>();
    const { error } = await asc.main(flags, {
      writeFile: (name: string, contents: Uint8Array | string) => {
        built.set(name, contents);
      },
    });
    expect(error).toBeNull();
    const binary = built.get('src/eventlog/scan/scan.wasm') ?? '';
    expect(Buffer.from(binary as Uint8Array).equals(readFileSync(at('./scan.wasm')))).toBe(true);
  });
});
