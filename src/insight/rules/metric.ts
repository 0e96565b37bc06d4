import type { Evidence } from '../../kernel/evidence.ts';

/** A measured fact: words for people, number and unit for programs. */
export function metric(address: string, fact: string, name: string, value: number, unit: string): Evidence {
  return { fact, address, metric: name, value: Number.isFinite(value) ? value : 0, unit };
}
