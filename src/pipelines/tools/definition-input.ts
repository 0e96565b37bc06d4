import { z } from 'zod';

/** A definition as tools take it; it is checked whole by `parseDefinition`. */
export const DefinitionInput = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .describe('Object, or YAML text');
