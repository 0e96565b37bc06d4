import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installDebianPackages } from './debian-packages.ts';

/** Names under which systems install a Chromium. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Absolute path of a Chromium, installed with the system's package manager where there is none.
 * Errors: no browser, and no way to install one; the message says what to install by hand.
 */
export async function installChromium(): Promise<string> {
  const found = findChromium();
  if (found !== null) return found;
  await installDebianPackages(['chromium']);
  const installed = findChromium();
  if (installed === null) throw new Error('install chromium by hand: its package brought no browser into PATH');
  return installed;
}

function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = [...folders, '/usr/bin', '/usr/local/bin', '/snap/bin'].flatMap((folder) =>
    NAMES.map((name) => join(folder, name)),
  );
  return places.find((place) => existsSync(place)) ?? null;
}
