import type { RedactLevel } from '../../kernel/config-file.ts';
import { redactProperty, redactText } from '../../kernel/redaction.ts';
import type { Application, PlanNode } from '../model/application.ts';
import { type Identified, Identities } from './identities.ts';

/** What stands where a text was that may hold anything. */
export const MASKED_TEXT = '?';

/** What masks the parts of one application. Masking twice changes nothing. */
export interface Redactor {
  /** Text of any kind: names, call sites, reasons. */
  text(text: string): string;
  /** Messages and stacks of exceptions. */
  error(text: string): string;
  /** SQL, or what stands in its place: a call site, a description by hand. */
  sql(text: string): string;
  /** Text of a plan or of one of its operators. */
  plan(text: string): string;
  /** Name of an operator of a plan; that of a JDBC scan holds its query. */
  operator(text: string): string;
  /** What a program counted or gathered: a number, or text that may hold anything. */
  value(text: string): string;
  property(key: string, value: string): string;
  host(name: string): string;
  /** `host:port`. */
  address(text: string): string;
  user(name: string): string;
}

type Masks = Pick<typeof import('./plan-literals.ts'), 'maskPlanLiterals'> &
  Pick<typeof import('./sql-literals.ts'), 'maskSqlLiterals'>;

/** The masks of literals; the lexer of SQL is loaded only where literals are masked (50 ms). */
async function loadMasks(): Promise<Masks> {
  const [{ maskPlanLiterals }, { maskSqlLiterals }] = await Promise.all([
    import('./plan-literals.ts'),
    import('./sql-literals.ts'),
  ]);
  return { maskPlanLiterals, maskSqlLiterals };
}

/** Makes redactors of one level; everything that has to be loaded for it is. */
export async function createRedactors(
  level: RedactLevel,
): Promise<(application: Identified & Pick<Application, 'sqlExecutions'>) => Redactor> {
  const masks = level === 'secrets' ? null : await loadMasks();
  return (application) => {
    const identities = level === 'identities' ? new Identities(application) : null;
    let words: ReadonlySet<string> | undefined;
    return redactorOf(masks, identities, () => {
      words ??= masks === null ? new Set() : operatorWords(application, masks);
      return words;
    });
  };
}

/** A number as programs write it. */
export const NUMBER = /^-?\d+(?:\.\d+)?(?:E[+-]?\d+)?$/i;

/** Quoted values in messages of exceptions: `The value 'abc' of the type "STRING"`. Lines of a stack are left alone. */
const QUOTED_VALUE = /(?<![\w'"])(['"])(?:(?!\1)[^\n]){0,2000}\1(?![\w'"])/g;
const STACK_LINE = /^\s*(?:at |File "|\.\.\. \d+ more)/;

function redactorOf(masks: Masks | null, identities: Identities | null, words: () => ReadonlySet<string>): Redactor {
  const people = (text: string) => identities?.text(text) ?? text;
  // The same call sites, descriptions and plans come by the thousand.
  const remember = (mask: (text: string) => string) => {
    const known = new Map<string, string>();
    return (text: string): string => {
      if (text === '') return text;
      const before = known.get(text);
      if (before !== undefined) return before;
      const masked = mask(text);
      // An unchanged text keeps its own identity: no second copy of it is held.
      known.set(text, masked === text ? text : masked);
      return masked;
    };
  };
  const text = remember((one) => people(redactText(one)));
  return {
    text,
    error: remember((one) => people(redactText(masks === null ? one : maskQuotedValues(one)))),
    sql: remember((one) => people(masks === null ? redactText(one) : masks.maskSqlLiterals(redactText(one)))),
    plan: remember((one) =>
      people(masks === null ? redactText(one) : masks.maskPlanLiterals(redactText(one), words())),
    ),
    operator: remember((one) => people(redactText(masks === null ? one : maskOperator(one, masks)))),
    value: (one) => (masks === null || NUMBER.test(one) ? text(one) : MASKED_TEXT),
    property: (key, value) => {
      const masked = redactProperty(key, value);
      return identities?.property(key, masked) ?? masked;
    },
    host: (name) => identities?.host(name) ?? name,
    address: (address) => identities?.address(address) ?? address,
    user: (name) => identities?.user(name) ?? text(name),
  };
}

function maskQuotedValues(text: string): string {
  return text
    .split('\n')
    .map((line) => (STACK_LINE.test(line) ? line : line.replace(QUOTED_VALUE, "'?'")))
    .join('\n');
}

/** `Scan JDBCRelation((SELECT …) t)`: what is in brackets and is no single name is SQL. */
function maskOperator(name: string, { maskSqlLiterals }: Masks): string {
  const from = name.indexOf('(') + 1;
  const to = name.lastIndexOf(')');
  if (from === 0 || to < from || /^[\w.$`"-]*$/.test(name.slice(from, to))) return name;
  return name.slice(0, from) + maskSqlLiterals(name.slice(from, to)) + name.slice(to);
}

/** Words of operators' names, tables among them: they are no values. */
function operatorWords({ sqlExecutions }: Pick<Application, 'sqlExecutions'>, masks: Masks): ReadonlySet<string> {
  const words = new Set<string>();
  const visit = (node: PlanNode): void => {
    for (const word of maskOperator(node.name, masks).match(/[^\s,()[\]<>=:{}"']+/g) ?? [])
      if (/[A-Za-z]/.test(word)) words.add(word);
    node.children.forEach(visit);
  };
  for (const { plan, initialPlan } of sqlExecutions) {
    if (plan !== null) visit(plan);
    if (initialPlan !== null && initialPlan !== plan) visit(initialPlan);
  }
  return words;
}
