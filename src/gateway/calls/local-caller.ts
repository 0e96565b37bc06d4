import type { Caller, ClientAbilities } from '../../kernel/caller.ts';
import { callerOf, LOCAL_IDENTITY } from '../auth/identity.ts';

/** The caller of a gateway without authentication: subject `local`, scopes `read` and `write`. */
export function localCaller(via: Caller['via'], abilities?: ClientAbilities): Caller {
  return callerOf(LOCAL_IDENTITY, via, abilities);
}
