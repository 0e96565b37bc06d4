export type { Flags } from './flags.ts';
export { loadConfiguration, type Surroundings } from './load-configuration.ts';
export { bypassProxyForLoopback } from './loopback-proxy.ts';
export { CONFIG_FILE } from './read-config-file.ts';
export { isLoopback, requireSafeBind } from './server.ts';
export { dataFolder } from './variables.ts';
