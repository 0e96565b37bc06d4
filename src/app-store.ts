import { dirname } from 'node:path';
import type { Configuration } from './kernel/config.ts';
import type { SecretResolver } from './kernel/secret-resolver.ts';
import { createSecretResolver } from './secrets/resolve-secret.ts';
import { namesOtherTenants, openStore, type Store } from './store/index.ts';

/** Where the secrets of a configuration come from: files of secrets are named from the folder of the configuration file. */
export function secretsOf({ file }: Configuration): SecretResolver {
  return createSecretResolver(file === null ? {} : { folder: dirname(file) });
}

/** Opens the store of a configuration. Errors: those of the store and of its address. */
export async function openConfiguredStore(
  configuration: Configuration,
  report: (message: string, error: unknown) => void,
): Promise<Store> {
  const { store, auditRetentionDays, insight } = configuration;
  const runRetentionDays = insight.history.retentionDays;
  const shared = {
    severalTenants: namesOtherTenants(configuration),
    auditRetentionDays,
    runRetentionDays,
    operationRetentionDays: configuration.operations.retentionDays,
    report,
  };
  if (store.url === null) return openStore({ ...shared, path: store.path });
  const resolveSecret = secretsOf(configuration);
  return openStore({ ...shared, url: await resolveSecret(store.url, 'HEADGATE_DATABASE_URL (store.url)') });
}
