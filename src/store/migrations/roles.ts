/** The role of PostgreSQL that every transaction of a tenant runs as. It owns nothing. */
export const APP_ROLE = 'headgate_app';
/** The role of PostgreSQL that sees which tenants have rows that age, and nothing else. */
export const UPKEEP_ROLE = 'headgate_upkeep';
