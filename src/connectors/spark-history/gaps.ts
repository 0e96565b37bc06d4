import { z } from 'zod';
import type { LoadedApplication } from './spark-history.ts';

/** Schema of the stated gaps of a result: what could not be looked at, and so limits the answer. */
export const gapsOutput = z.array(z.string());

/**
 * What is missing from the log of an application and what its reader must know, as short sentences. Empty when the log is whole.
 * Messages come from the engine and hold no text of the log.
 */
export function gapsOf(loaded: LoadedApplication): string[] {
  return [...loaded.notes, ...loaded.application.log.gaps.map(({ message }) => message)];
}
