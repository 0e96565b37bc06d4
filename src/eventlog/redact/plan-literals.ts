import { MASKED_LITERAL } from './sql-literals.ts';

/** A run of characters without a delimiter of plans, or one delimiter. Values in plans are not quoted: a word may be one. */
const PIECES = /[^\s,()[\]<>=:{}"']+|[\s\S]/g;
/** Marks such as `+-`, `*` and `>=` are no words. */
const WORD = /[\p{L}\p{N}_]/u;
/** `name#12`, `count(1)#34L`, `#12L`. */
const ATTRIBUTE = /#\d+L?$/;

/** Words of expressions and of operators' own arguments. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'and or not in is null true false as asc desc nulls first last case when then else end like rlike between distinct ' +
    'inner outer left right full cross semi anti existence buildleft buildright hashpartitioning rangepartitioning ' +
    'singlepartition roundrobinpartitioning ensure_requirements repartition_by_col repartition_by_num ' +
    'rebalance_partitions_by_col rebalance_partitions_by_none disableoffload statefuloperator ' +
    'string bigint int integer smallint tinyint double float decimal date timestamp timestamp_ntz binary boolean array map ' +
    'struct void variant interval keys functions output results aggregate attributes input arguments condition join type ' +
    'batched datafilters format location partitionfilters pushedfilters readschema schema pushedaggregates pushedgroupby ' +
    'selectedbucketscount bucketed parquet orc json csv text avro jdbc delta iceberg paths inmemoryfileindex ' +
    'catalogfileindex isfinalplan final initial physical plan step splits some none plan_id id codegen statistics ' +
    'sizeinbytes rowcount isruntime kib mib gib tib b eb pib'
  ).split(' '),
);
/** Arguments of these are counts of partitions or sizes of types. */
const COUNTED = /(?:partitioning|splits|some|decimal|char)$/i;
/** Names before `=` or `:` whose number identifies. */
const NUMBERED = /^(?:plan_id|id|step|splits|sizeInBytes|rowCount)$/i;
const NUMBER = /^-?\d+(?:\.\d+)?(?:E[+-]?\d+)?$/;

/**
 * The text of a plan's operator without the values that it compares with: attributes (`name#12`), functions, keywords,
 * paths, types, counts of partitions and the words of `names` stay, every other word and number is masked. Closed by
 * default: a word that is not known to be harmless goes.
 */
export function maskPlanLiterals(text: string, names: ReadonlySet<string>): string {
  const pieces = text.match(PIECES) ?? [];
  const callers: string[] = [];
  return pieces
    .map((piece, index) => {
      if (piece === '(') callers.push(pieces[index - 1] ?? '');
      if (piece === ')') callers.pop();
      if (!WORD.test(piece)) return piece;
      const place = {
        before: pieces[index - 1] ?? '',
        next: pieces[index + 1] ?? '',
        afterNext: pieces[index + 2] ?? '',
        owner: wordBefore(pieces, index),
        caller: callers.at(-1) ?? '',
        names,
      };
      return keeps(piece, place) || inType(pieces, index) ? piece : MASKED_LITERAL;
    })
    .join('');
}

interface Place {
  readonly before: string;
  readonly next: string;
  readonly afterNext: string;
  /** The word before an `=` or `:` in front of this one. */
  readonly owner: string;
  /** The function whose arguments this one is among. */
  readonly caller: string;
  readonly names: ReadonlySet<string>;
}

function keeps(word: string, { before, next, afterNext, owner, caller, names }: Place): boolean {
  if (ATTRIBUTE.test(word) || KEYWORDS.has(word.toLowerCase()) || names.has(word)) return true;
  if (NUMBER.test(word)) {
    const numbered = /[=:\s]/.test(before) && NUMBERED.test(owner);
    if (before === '[' && next === ']' && /^(?:Output|Input|[Kk]eys|Functions|Results|Attributes)$/.test(owner))
      return true;
    return numbered || COUNTED.test(caller) || (before === '(' && next === ')' && !/^[\w.]+$/.test(caller));
  }
  if (next === '(' && /^[A-Za-z_][\w.]*$/.test(word)) return true;
  if (next === ':' && afterNext.startsWith('/')) return true;
  return word.includes('/') && (before === ':' || before === '[');
}

/** The word in front of an `=` or ` : `; empty where something else stands between. */
function wordBefore(pieces: readonly string[], index: number): string {
  let at = index - 1;
  while (/^[\s=:[]$/.test(pieces[at] ?? '')) at -= 1;
  return at === index - 1 || !/[=:[]/.test(pieces.slice(at + 1, index).join('')) ? '' : (pieces[at] ?? '');
}

/** Fields and types inside of `struct<…>`: between `<` and `>` without an expression's blanks around. */
function inType(pieces: readonly string[], index: number): boolean {
  for (let at = index; at >= 0; at -= 1) {
    if (pieces[at] === '<') return /^(?:struct|array|map)$/i.test(pieces[at - 1] ?? '');
    if (pieces[at] === ' ' || pieces[at] === '(') return false;
  }
  return false;
}
