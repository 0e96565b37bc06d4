import type { Client } from './client.ts';
import { OWN } from './server-facts.ts';

/** States of what a role may not see, or a server does not have. Everything else is a fault. */
const NOT_THERE: Readonly<Record<string, string>> = {
  '42501': 'the role may not see it',
  '42P01': 'this server does not have it',
  '42703': 'this server does not have it',
  '42883': 'this server does not have it',
  '55000': 'this server does not do it in its present state',
  '57014': 'it took too long',
};

/**
 * Runs one look of several inside a transaction, so that one which fails leaves the others alone. `gap` is told why there is
 * nothing. Errors: those of the server that are no matter of rights, version or time.
 */
export async function lookUp<T>(
  client: Client,
  what: string,
  work: () => Promise<T>,
  gap: (reason: string) => void,
): Promise<T | null> {
  await client.query(`${OWN} savepoint headgate_look`);
  try {
    const result = await work();
    await client.query(`${OWN} release savepoint headgate_look`);
    return result;
  } catch (error) {
    const reason = NOT_THERE[String((error as { code?: unknown }).code)];
    if (reason === undefined) throw error;
    await client.query(`${OWN} rollback to savepoint headgate_look`);
    gap(`${what}: ${reason}.`);
    return null;
  }
}
