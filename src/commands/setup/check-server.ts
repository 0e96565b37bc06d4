import { requireSafeBind } from '../../configuration/index.ts';
import type { Configuration } from '../../kernel/config.ts';
import { failedReport, type HealthReport } from '../../kernel/connector.ts';

/** Tries what a server needs before it can listen: a safe address, TLS files that fit, issuers that answer. */
export async function checkServer(configuration: Configuration): Promise<HealthReport[]> {
  const { checkFrontDoor } = await import('../../gateway/index.ts');
  return [...checkAddress(configuration), ...(await checkFrontDoor(configuration))];
}

function checkAddress(configuration: Configuration): HealthReport[] {
  try {
    const warnings = requireSafeBind(configuration);
    return warnings.map((message) => ({ name: 'server.host', ok: true, message }));
  } catch (error) {
    return [failedReport('server.host', error)];
  }
}
