/** Headgate's memory: one SQLite file that several processes share. */
export { openStore, type Store, type StoreOptions } from './open-store.ts';
