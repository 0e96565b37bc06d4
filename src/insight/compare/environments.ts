import type { Environment } from '../../eventlog/index.ts';
import { redactProperty } from '../../kernel/redaction.ts';

/** A property that is not the same on both sides. Null where a side does not have it. Values are redacted. */
export interface PropertyDifference {
  readonly section: EnvironmentSectionName;
  readonly key: string;
  readonly left: string | null;
  readonly right: string | null;
}

/** Two environments compared: the differences, and how many properties are equal. */
export interface EnvironmentComparison {
  /** The telling ones first: Spark properties that people set. */
  readonly differences: readonly PropertyDifference[];
  readonly commonCount: number;
  /** Properties that differ in every pair of runs (ids, ports, start times): left out of `differences`. */
  readonly runSpecificCount: number;
}

export type EnvironmentSectionName =
  | 'runtime'
  | 'spark_properties'
  | 'hadoop_properties'
  | 'system_properties'
  | 'metrics_properties'
  | 'classpath_entries';

const SECTIONS: ReadonlyArray<
  readonly [EnvironmentSectionName, (environment: Environment) => Readonly<Record<string, string>>]
> = [
  ['spark_properties', (environment) => environment.spark],
  ['runtime', (environment) => environment.jvm],
  ['hadoop_properties', (environment) => environment.hadoop],
  ['system_properties', (environment) => environment.system],
  ['metrics_properties', (environment) => environment.metrics],
  ['classpath_entries', (environment) => environment.classpath],
];

/** Spark properties that the run itself writes: id, times, ports, generated directories. */
const RUN_SPECIFIC =
  /^(spark\.(app\.(id|startTime|submitTime|initial\..*)|driver\.(port|host|bindAddress|blockManager\.port|appUIAddress)|executor\.id|ui\.port|ui\.proxyBase|fileserver\.uri|repl\.class\.(uri|outputDir)|externalBlockStore\.folderName|yarn\.(app\.id|app\.container\.log\.dir)|org\.apache\.hadoop\.yarn\..*\.PROXY_URI_BASES|sql\.warehouse\.dir)|java\.io\.tmpdir|jdk\.debug|PID|sun\.java\.launcher\.pid)$/;

/** True for a property that differs in every pair of runs and explains nothing. */
export function isRunSpecific(key: string): boolean {
  return RUN_SPECIFIC.test(key);
}

/** Compares two environments property by property. */
export function compareEnvironments(left: Environment, right: Environment): EnvironmentComparison {
  const differences: PropertyDifference[] = [];
  let commonCount = 0;
  let runSpecificCount = 0;
  for (const [section, propertiesOf] of SECTIONS) {
    const a = propertiesOf(left);
    const b = propertiesOf(right);
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (own(a, key) === own(b, key)) commonCount += 1;
      else if (isRunSpecific(key)) runSpecificCount += 1;
      else differences.push({ section, key, left: shown(key, own(a, key)), right: shown(key, own(b, key)) });
    }
  }
  return { differences: differences.sort(byInterest), commonCount, runSpecificCount };
}

function own(properties: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(properties, key) ? (properties[key] ?? null) : null;
}

function shown(key: string, value: string | null): string | null {
  return value === null ? null : redactProperty(key, value);
}

/** Properties that change how a run performs come first within their section. */
const TUNING =
  /^spark\.(sql|executor|driver|dynamicAllocation|memory|shuffle|default\.parallelism|cores|task|speculation|serializer|locality)\b/;

function byInterest(a: PropertyDifference, b: PropertyDifference): number {
  const rank = (difference: PropertyDifference): number =>
    SECTIONS.findIndex(([section]) => section === difference.section) * 2 + (TUNING.test(difference.key) ? 0 : 1);
  return rank(a) - rank(b) || (a.key < b.key ? -1 : 1);
}
