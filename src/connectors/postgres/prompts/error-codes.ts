/** What an error code of a platform means, and what is done about it. */
export interface ErrorMeaning {
  readonly meaning: string;
  readonly remedy: string;
}

/** SQLSTATE codes. Source: PostgreSQL's manual, appendix "Error Codes". */
const STATES: Readonly<Record<string, ErrorMeaning>> = {
  '42P01': {
    meaning: 'a table or view of that name does not exist on the search path',
    remedy: 'correct the name or name its schema',
  },
  '42703': {
    meaning: 'a column of that name does not exist',
    remedy: 'correct the name; names with capitals need double quotes',
  },
  '42883': { meaning: 'no function or operator takes these types', remedy: 'cast the arguments, or correct the name' },
  '42601': { meaning: 'the statement does not parse', remedy: 'correct it at the position that the message names' },
  '42501': { meaning: 'the role lacks a privilege', remedy: 'let the owner GRANT it, or use another role' },
  '42702': { meaning: 'a column name means several tables', remedy: 'write the alias of its table before it' },
  '42803': { meaning: 'a column is neither grouped nor aggregated', remedy: 'add it to GROUP BY or aggregate it' },
  '42804': { meaning: 'types do not match', remedy: 'cast one side' },
  '42P07': { meaning: 'a relation of that name exists already', remedy: 'choose another name, or IF NOT EXISTS' },
  '23505': { meaning: 'a row with the same unique key exists', remedy: 'INSERT … ON CONFLICT, or correct the key' },
  '23503': {
    meaning: 'a foreign key points to no row, or a referenced row is removed',
    remedy: 'write the parent first, delete the children first',
  },
  '23502': { meaning: 'a null in a column that takes none', remedy: 'give a value or a default' },
  '23514': { meaning: 'a row breaks a check constraint', remedy: 'correct the value; the constraint is in the schema' },
  '22P02': { meaning: 'a text is no value of the type', remedy: 'clean or cast the input' },
  '22003': { meaning: 'a number does not fit its type', remedy: 'use bigint or numeric' },
  '22001': { meaning: 'a text is longer than its column', remedy: 'shorten it or widen the column' },
  '22007': { meaning: 'a text is no date or time', remedy: 'write ISO 8601, or to_timestamp with its format' },
  '22012': { meaning: 'a division by zero', remedy: 'divide by NULLIF(x, 0)' },
  '25006': { meaning: 'a write in a read-only transaction', remedy: 'use execute_dml' },
  '25P02': {
    meaning: 'an earlier statement of the transaction failed',
    remedy: 'roll back, and look at the first error',
  },
  '40001': { meaning: 'the transaction met another one and was undone', remedy: 'run it again' },
  '40P01': {
    meaning: 'two transactions waited for each other',
    remedy: 'run it again, and take locks in the same order everywhere',
  },
  '53100': {
    meaning: 'the disk of the server is full',
    remedy: 'free space: WAL of inactive slots, temporary files, old tables',
  },
  '53200': { meaning: 'the server is out of memory', remedy: 'lower work_mem or the number of connections' },
  '53300': { meaning: 'all connections are taken', remedy: 'close idle ones, use a pool' },
  '55P03': { meaning: 'a lock was not given in time', remedy: 'find who holds it, run it again later' },
  '57014': {
    meaning: 'the statement was cancelled, by its timeout or by somebody',
    remedy: 'make it cheaper, or raise the timeout',
  },
  '57P01': { meaning: 'the connection was ended by an administrator', remedy: 'connect again' },
  '57P03': { meaning: 'the server is starting or stopping', remedy: 'wait and connect again' },
  '08006': { meaning: 'the connection broke', remedy: 'look at the network and the log of the server' },
  '28P01': { meaning: 'the password is wrong', remedy: 'correct it in the configuration' },
  '0A000': { meaning: 'the server does not do that', remedy: 'write it another way' },
  '54000': { meaning: 'a limit of the server is exceeded', remedy: 'write a smaller statement' },
};

/** By the first two characters of an SQLSTATE, where the code itself is not known. */
const CLASSES: Readonly<Record<string, string>> = {
  '08': 'the connection failed',
  '22': 'a value is not what its type takes',
  '23': 'a row breaks a constraint',
  '25': 'the transaction is in the wrong state',
  '28': 'the login was refused',
  '40': 'the transaction was undone',
  '42': 'the statement is wrong, or a right is missing',
  '53': 'the server lacks memory, disk or connections',
  '54': 'a limit of the server is exceeded',
  '55': 'an object is not in the state that this needs',
  '57': 'somebody or the server stopped it',
  '58': 'the system below the server failed',
  XX: 'the server itself failed',
};

/** Error classes of Spark. Source: `error-conditions.json` of Spark 4. */
const SPARK: Readonly<Record<string, ErrorMeaning>> = {
  TABLE_OR_VIEW_NOT_FOUND: {
    meaning: 'a table or view of that name does not exist in the current catalog and schema',
    remedy: 'correct the name or name catalog and schema',
  },
  UNRESOLVED_COLUMN: {
    meaning: 'a column of that name does not exist',
    remedy: 'correct the name; the message suggests some',
  },
  UNRESOLVED_ROUTINE: { meaning: 'a function of that name does not exist', remedy: 'correct the name, or register it' },
  PARSE_SYNTAX_ERROR: {
    meaning: 'the statement does not parse',
    remedy: 'correct it at the place that the message names',
  },
  DATATYPE_MISMATCH: { meaning: 'types do not match', remedy: 'cast one side' },
  CAST_INVALID_INPUT: {
    meaning: 'a text is no value of the type (ANSI mode)',
    remedy: 'clean the input or use try_cast',
  },
  DIVIDE_BY_ZERO: { meaning: 'a division by zero (ANSI mode)', remedy: 'use try_divide' },
  ARITHMETIC_OVERFLOW: {
    meaning: 'a number does not fit its type',
    remedy: 'use a wider type or try_add and its like',
  },
  NUMERIC_VALUE_OUT_OF_RANGE: { meaning: 'a number does not fit its type', remedy: 'use a wider decimal' },
  MISSING_AGGREGATION: {
    meaning: 'a column is neither grouped nor aggregated',
    remedy: 'add it to GROUP BY, or any_value',
  },
  AMBIGUOUS_REFERENCE: { meaning: 'a column name means several columns', remedy: 'write the alias before it' },
  NOT_NULL_CONSTRAINT_VIOLATION: { meaning: 'a null in a column that takes none', remedy: 'filter or fill the nulls' },
  INSERT_COLUMN_ARITY_MISMATCH: { meaning: 'the number of columns differs from the table', remedy: 'name the columns' },
  PATH_NOT_FOUND: { meaning: 'the path does not exist', remedy: 'correct the path; workers must see it too' },
  FAILED_READ_FILE: {
    meaning: 'a file cannot be read',
    remedy: 'look at the file: gone, damaged, or of another schema',
  },
  CANNOT_PARSE_TIMESTAMP: { meaning: 'a text is no time', remedy: 'give the format, or try_to_timestamp' },
};

/** What a code means; null when it is not known. */
export function meaningOfState(state: string): ErrorMeaning | null {
  const known = STATES[state];
  if (known !== undefined) return known;
  const family = CLASSES[state.slice(0, 2)];
  return family === undefined
    ? null
    : { meaning: family, remedy: 'look at the whole message and the log of the server' };
}

/** What an error class of Spark means, by its first part; null when it is not known. */
export const meaningOfSparkClass = (name: string): ErrorMeaning | null => SPARK[name.split('.')[0] ?? ''] ?? null;
