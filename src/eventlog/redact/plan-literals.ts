import { MASKED_LITERAL } from './sql-literals.ts';

/** A run of characters without a delimiter of plans. Values in plans are not quoted: a word may be one. */
const WORDS = /[^\s,()[\]<>=:{}"']+/g;
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
/** Functions that stand in plans without an attribute among their arguments; constants of all others are folded. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'count row_number rank dense_rank percent_rank cume_dist ntile lag lead nth_value rand randn uuid monotonically_increasing_id ' +
    'spark_partition_id input_file_name current_timestamp current_date now sum min max avg first last any_value ' +
    'isnull isnotnull equalto equalnullsafe greaterthan greaterthanorequal lessthan lessthanorequal in not and or ' +
    'stringstartswith stringendswith stringcontains alwaystrue alwaysfalse hashedrelationbroadcastmode identitybroadcastmode ' +
    'executedquery dynamicpruning dynamicpruningexpression storagelevel statistics codegen inmemoryfileindex inmemoryrelation ' +
    'windowspecdefinition specifiedwindowframe currentrow$ unboundedpreceding$ unboundedfollowing$ decimal varchar char'
  ).split(' '),
);
/** Arguments of these are counts of partitions or sizes of types. */
const COUNTED = /(?:partitioning|splits|some|decimal|char)$/i;
/** Names before `=` or `:` whose number identifies. */
const NUMBERED = /^(?:plan_id|id|splits|sizeInBytes|rowCount)$/i;
/** Names before the number of attributes in brackets. */
const LISTED = /^(?:Output|Input|[Kk]eys|Functions|Results|Attributes)$/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:E[+-]?\d+)?$/;
const NAME = /^[A-Za-z_][\w.$]*$/;
const TYPE = /^(?:struct|array|map)$/i;
/** What stands in front of an operator's first argument where that is a path. */
const PATH_FIRST = /(?:Arguments: |Command )(?:\w{1,20}:)?$/;

/**
 * The text of a plan's operator without the values that it compares with: attributes (`name#12`), functions of attributes,
 * keywords, paths that are read or written, types, counts of partitions and the words of `names` stay, every other word and
 * number is masked. Closed by default: a word that is not known to be harmless goes. Cost: linear in the text.
 */
export function maskPlanLiterals(text: string, names: ReadonlySet<string>): string {
  const ofAttributes = callsOfAttributes(text);
  const reader = new PlanReader(text);
  let masked = '';
  let from = 0;
  for (const { 0: word, index } of text.matchAll(WORDS)) {
    reader.readTo(index);
    masked += text.slice(from, index);
    from = index + word.length;
    masked += !WORD.test(word) || names.has(word) || reader.keeps(word, ofAttributes) ? word : MASKED_LITERAL;
    reader.passWord(word);
  }
  return masked + text.slice(from);
}

/** A one for each opening bracket with an attribute between it and its closing one. */
function callsOfAttributes(text: string): Uint8Array {
  const found = new Uint8Array(text.length);
  const open: number[] = [];
  for (const { 0: piece, index } of text.matchAll(/[()]|#\d+L?(?![^\s,()[\]<>=:{}"'])/g)) {
    if (piece === '(') open.push(index);
    const holds = piece === ')' ? found[open.pop() ?? -1] === 1 : piece !== '(';
    const around = open.at(-1);
    if (holds && around !== undefined) found[around] = 1;
  }
  return found;
}

/** Reads a plan from its begin to its end and knows where it is. */
class PlanReader {
  readonly #text: string;
  #at = 0;
  /** The word before this place; empty where something else than blanks, `=`, `:` and `[` stands between. */
  #owner = '';
  /** Whether `=`, `:` or `[` was between. */
  #isOwned = false;
  #last = '';
  /** Functions whose arguments are being read. */
  readonly #callers: string[] = [];
  #inType = false;
  /** Inside of `Location: … […]`: 0 no, 1 before its bracket, 2 in it. */
  #location = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Passes what stands between two words. */
  readTo(end: number): void {
    for (; this.#at < end; this.#at += 1) this.#pass(this.#text[this.#at] as string);
  }

  passWord(word: string): void {
    this.#at += word.length;
    this.#owner = word;
    this.#isOwned = false;
    this.#last = word;
  }

  keeps(word: string, ofAttributes: Uint8Array): boolean {
    if (ATTRIBUTE.test(word) || KEYWORDS.has(word.toLowerCase()) || this.#inType) return true;
    const end = this.#at + word.length;
    const next = this.#text[end] ?? '';
    if (NUMBER.test(word)) return this.#keepsNumber(next);
    if (next === '(' && NAME.test(word)) return ofAttributes[end] === 1 || FUNCTIONS.has(word.toLowerCase());
    return this.#keepsPath(word, next === ':' && this.#text[end + 1] === '/');
  }

  #keepsNumber(next: string): boolean {
    const before = this.#text[this.#at - 1] ?? '';
    const owner = this.#isOwned ? this.#owner : '';
    const caller = this.#callers.at(-1) ?? '';
    if (before === '[' && next === ']' && LISTED.test(owner)) return true;
    if (/[=:\s]/.test(before) && NUMBERED.test(owner)) return true;
    return COUNTED.test(caller) || (before === '(' && next === ')' && !/^[\w.]+$/.test(caller));
  }

  #keepsPath(word: string, isScheme: boolean): boolean {
    if (!isScheme && !word.includes('/')) return false;
    return this.#location === 2 || PATH_FIRST.test(this.#text.slice(Math.max(0, this.#at - 40), this.#at));
  }

  #pass(mark: string): void {
    if (mark === '(') this.#callers.push(this.#last);
    else if (mark === ')') this.#callers.pop();
    else if (mark === '<') this.#inType = TYPE.test(this.#last);
    if (mark === ' ' || mark === '(') this.#inType = false;
    if (mark === ':' || mark === '[' || mark === ']' || mark === '\n') this.#passLocation(mark);
    if (mark === '=' || mark === ':' || mark === '[') this.#isOwned = true;
    else if (mark !== ' ' && !/\s/.test(mark)) this.#owner = '';
    this.#last = '';
  }

  #passLocation(mark: string): void {
    if (mark === ':' && this.#last === 'Location') this.#location = 1;
    else if (mark === '[' && this.#location === 1) this.#location = 2;
    else if (mark === ']' || mark === '\n') this.#location = 0;
  }
}
