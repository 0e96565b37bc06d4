import { z } from 'zod';
import type { LoadedApplication, Unreadable } from './spark-history.ts';

/** Schema of the stated gaps of a result: what could not be looked at, and so limits the answer. */
export const gapsOutput = z.array(z.string());

/**
 * What is missing from the log of an application and what its reader must know, as short sentences. Empty when the log is whole.
 * Messages come from the engine and hold no text of the log.
 */
export function gapsOf(loaded: LoadedApplication): string[] {
  return [...loaded.notes, ...loaded.application.log.gaps.map(({ message }) => message)];
}

/** A source that could not be asked, as a sentence. */
export function silentSource({ server, message }: Unreadable): string {
  return `Source ${server} could not be asked: ${message}`;
}
