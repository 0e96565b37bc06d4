import { nearest } from '../../../kernel/nearest.ts';

/** The relations whose own name, without its schema, is nearest to what was typed. */
export function nearestRelations(typed: string, relations: readonly string[], max: number): string[] {
  const ownName = (relation: string) => relation.slice(relation.lastIndexOf('.') + 1);
  const names = new Set(nearest(typed, relations.map(ownName), max));
  return relations.filter((relation) => names.has(ownName(relation))).slice(0, max);
}
