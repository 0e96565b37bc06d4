/** Headgate's memory: one SQLite file that several processes share, or a PostgreSQL database that several machines share. */
export { openStore, type Store, type StoreOptions } from './open-store.ts';
export { namesOtherTenants } from './other-tenants.ts';
