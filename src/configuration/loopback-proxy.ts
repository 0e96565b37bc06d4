/** Names of this machine: a proxy elsewhere would look for its own. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Adds this machine to NO_PROXY where a proxy is set: servers on it are reached directly, as curl and browsers do it.
 * Call it before anything reads the variables. Both spellings are set: programs prefer different ones.
 */
export function bypassProxyForLoopback(env: NodeJS.ProcessEnv = process.env): void {
  const { HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, http_proxy, https_proxy, all_proxy } = env;
  if (![HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, http_proxy, https_proxy, all_proxy].some(Boolean)) return;
  const before = env.no_proxy || env.NO_PROXY || '';
  if (before.trim() === '*') return;
  const names = before.split(/[,\s]+/).filter((name) => name !== '');
  const all = [...new Set([...names, ...LOOPBACK])].join(',');
  env.NO_PROXY = all;
  env.no_proxy = all;
}
