import { setFlagsFromString } from 'node:v8';

/**
 * Asks V8 to keep its young generation as small as it starts. Before anything is loaded: it never gets smaller again. For a process that
 * waits most of its life and hands the same bytes to many: 327 → 198 MB for 500 proxies with 1,000 clusters, at the same processor time.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
