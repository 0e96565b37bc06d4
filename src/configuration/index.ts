export { requireSafeControlPlane } from './control-plane.ts';
export type { Flags } from './flags.ts';
export { loadConfiguration, type Surroundings } from './load-configuration.ts';
export { CONFIG_FILE } from './read-config-file.ts';
export { requireSafeBind } from './server.ts';
export { dataFolder, type Environment } from './variables.ts';
