import { nearest } from '../../kernel/nearest.ts';
import type { Constraint } from './constraints/constraint.ts';
import type { FieldConstraints } from './constraints/field-constraints.ts';
import type { FindingsCollector } from './findings.ts';
import type { GivenField } from './given-fields.ts';
import type { Segment } from './json-path.ts';
import type { Scalar } from './json-scalars.ts';
import type { MessagePlan } from './message-plan.ts';
import { envoyRegistry } from './registry.ts';

/** What encoding has to say against a message, in words. Text that was given is never quoted: it can be a secret. */
export class EncodingProblems {
  readonly #findings: FindingsCollector;
  /** Above 0: constraints do not count, by `message.skip`. */
  #skipped = 0;

  constructor(findings: FindingsCollector) {
    this.#findings = findings;
  }

  /** Constraints do not count here. */
  get skipping(): boolean {
    return this.#skipped > 0;
  }

  /** Enters, or leaves with -1, a message whose constraints do not count. */
  skip(by: 1 | -1): void {
    this.#skipped += by;
  }

  /** Of how many items a list or a map has. */
  sized(constraints: FieldConstraints | null, count: number): void {
    const violation = constraints?.size?.(count) ?? null;
    if (violation !== null) this.violation(`The field ${violation}.`, []);
  }

  constrain(constraint: Constraint | null | undefined, value: Scalar): void {
    const violation = constraint?.(value) ?? null;
    if (violation !== null) this.violation(`The value ${violation}.`, []);
  }

  /** What must be given and is not. */
  absent(plan: MessagePlan, given: readonly GivenField[]): void {
    if (this.skipping) return;
    for (const field of plan.neverAbsent)
      if (!given.some((each) => each.field === field)) this.violation(`${field.name} ${field.absence}.`, [field.name]);
    for (const { name, fields } of plan.requiredOneofs)
      if (!given.some(({ field }) => field.oneof === name))
        this.violation(`One of ${fields.join(', ')} is required.`, []);
  }

  violation(message: string, below: readonly Segment[]): void {
    if (this.skipping) return;
    this.#findings.problem({ severity: 'error', rule: 'constraint', path: '', message }, below);
  }

  /** A field or value on its way out of Envoy. */
  retired(retirement: 'deprecated' | 'disallowed', subject: string): void {
    const refused = retirement === 'disallowed';
    this.#findings.problem({
      severity: refused ? 'error' : 'warning',
      rule: `${retirement}-field`,
      path: '',
      message: refused ? `${subject} deprecated for so long that Envoy refuses it.` : `${subject} deprecated in Envoy.`,
    });
  }

  unknownField(plan: MessagePlan, name: string): void {
    const names = this.#findings.full ? [] : [...plan.fields.values()].map((field) => field.name);
    this.breaksAt(name, 'unknown-field', `is not a field of ${plan.typeName}`, offer(name, names));
  }

  unknownType(url: string): void {
    const names = this.#findings.full ? [] : messageNames();
    this.breaks('unknown-type', `holds ${url}, which is not a type of Envoy's API`, offer(url, names));
  }

  /** A value of an enum that is none. */
  unknownValue(json: unknown, names: readonly string[]): void {
    this.breaks('wrong-type', `must be one of ${names.join(', ')}, and is ${shown(json)}`, offer(json, names));
  }

  wrongType(expected: string, json: unknown): void {
    this.breaks('wrong-type', `must be ${expected}, and is ${shown(json)}`);
  }

  /** Something about a field because of which nothing can be encoded. */
  breaksAt(name: string, rule: string, what: string, hint?: string): void {
    this.#findings.enter(name);
    this.breaks(rule, what, hint, name);
    this.#findings.leave();
  }

  /** Something because of which nothing can be encoded. */
  breaks(rule: string, what: string, hint?: string, subject = 'The value'): void {
    const problem = { severity: 'error', rule, path: '', message: `${subject} ${what}.` } as const;
    this.#findings.breaks(hint === undefined ? problem : { ...problem, hint });
  }
}

function messageNames(): string[] {
  return [...envoyRegistry()].filter(({ kind }) => kind === 'message').map(({ typeName }) => typeName);
}

function offer(given: unknown, candidates: readonly string[]): string | undefined {
  if (typeof given !== 'string') return undefined;
  const [best] = nearest(given, candidates, 1);
  return best === undefined ? undefined : `Did you mean ${best}?`;
}

/** What something is, without what it says. */
function shown(json: unknown): string {
  if (json === null) return 'null';
  if (Array.isArray(json)) return 'a list';
  if (typeof json === 'object') return 'an object';
  if (typeof json === 'string') return json.isWellFormed() ? 'text' : 'text with half a character';
  return String(json);
}
