/** The reference of everything that a client sees, as Markdown. */
export { type Reference, renderReference } from './render-reference.ts';
