import { type Caller, type ClientAbilities, LOCAL_TENANT } from '../../kernel/caller.ts';

const NO_ABILITIES: ClientAbilities = { elicitation: false, progress: false, tasks: false };

/** The caller of a gateway without authentication: subject `local`, scopes `read` and `write`. */
export function localCaller(via: Caller['via'], abilities: ClientAbilities = NO_ABILITIES): Caller {
  return { subject: 'local', tenant: LOCAL_TENANT, scopes: new Set(['read', 'write'] as const), via, abilities };
}
