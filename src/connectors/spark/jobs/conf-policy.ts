import { HeadgateError } from '../../../kernel/errors.ts';
import { isSecretKey } from '../../../kernel/secret-names.ts';

/** Properties that a caller may not set, by what they begin with. What they would do stands in the error. */
const DENIED: ReadonlyArray<{ readonly names: RegExp; readonly why: string }> = [
  {
    names: /\.(?:extraJavaOptions|defaultJavaOptions|extraClassPath|extraLibraryPath|discoveryScript)$/,
    why: 'it starts other code than the job',
  },
  {
    names:
      /^spark\.(?:plugins|extraListeners|sql\.extensions|sql\.queryExecutionListeners|sql\.streaming\.streamingQueryListeners|kryo\.registrator|kryo\.classesToRegister|ui\.filters|sql\.cache\.serializer|shuffle\.manager|sql\.catalog\b|sql\.hive\.metastore|worker\b|deploy\b)/,
    why: 'it loads other code than the job',
  },
  {
    names:
      /^spark\.(?:jars\.(?:packages|repositories|ivy|ivySettings|excludes)|pyspark\b|r\.|executorEnv\.|yarn\.|kubernetes\.|mesos\.)/,
    why: 'it brings programs or variables from elsewhere',
  },
  {
    names:
      /^spark\.(?:master|remote|app\.name|app\.id|submit\.deployMode|driver\.host|driver\.bindAddress|ui\.port|connect\.|api\.mode)/,
    why: 'Headgate sets it',
  },
  { names: /^spark\.(?:headgate\.|eventLog\.(?:dir|enabled))/, why: 'Headgate sets it' },
  {
    names:
      /^spark\.(?:authenticate|acls|admin|modify|ui\.(?:view|acls|allow)|ssl\.|network\.crypto|io\.encryption|redaction|sql\.redaction|kerberos|security|history|driver\.log|hive\.|sql\.warehouse\.dir|local\.dir)/,
    why: 'it changes who may see or do what',
  },
  {
    names: /^spark\.hadoop\.(?!parquet\.|mapreduce\.(?:input|fileoutputcommitter)\.)/,
    why: 'it may hold credentials or the address of another storage',
  },
];

/** Properties that name files: allowed when all of them are under the configured roots. */
const FILES: ReadonlySet<string> = new Set(['spark.jars', 'spark.files', 'spark.archives', 'spark.submit.pyFiles']);

const NAME = /^spark\.[\w.-]{1,200}$/;
const MAX_VALUE_CHARS = 10_000;
const MAX_PROPERTIES = 200;

/** Says whether a path is one that jobs may read: gives its real path. Errors: as `resolveInRoots`. */
export type PathCheck = (path: string) => Promise<string>;

/**
 * The properties of a caller as the job gets them. Errors: `permission_denied` for those that could break out of the job's place,
 * `invalid_argument` for what is no property; `details.property` names it.
 */
export async function checkConf(
  conf: Readonly<Record<string, string | number | boolean>>,
  pathInRoots: PathCheck,
): Promise<Record<string, string>> {
  const names = Object.keys(conf);
  if (names.length > MAX_PROPERTIES) {
    throw new HeadgateError('invalid_argument', `conf has ${names.length} properties; ${MAX_PROPERTIES} are accepted.`);
  }
  const checked: Record<string, string> = {};
  for (const [name, given] of Object.entries(conf)) {
    const value = String(given);
    requireAllowed(name, value);
    checked[name] = FILES.has(name) ? await filesInRoots(value, pathInRoots) : value;
  }
  return checked;
}

function requireAllowed(name: string, value: string): void {
  const details = { property: name.slice(0, 200) };
  if (!NAME.test(name)) {
    throw new HeadgateError('invalid_argument', `conf: ${JSON.stringify(name.slice(0, 200))} is no Spark property.`, {
      hint: 'Names begin with spark. and have letters, digits, dots and dashes.',
      details,
    });
  }
  if (value.length > MAX_VALUE_CHARS) {
    throw new HeadgateError(
      'invalid_argument',
      `conf: the value of ${name} is longer than ${MAX_VALUE_CHARS} characters.`,
      {
        details,
      },
    );
  }
  const why = isSecretKey(name) ? 'it holds a secret' : DENIED.find(({ names }) => names.test(name))?.why;
  if (why === undefined) return;
  throw new HeadgateError('permission_denied', `conf: ${name} is not accepted from a caller: ${why}.`, {
    hint: 'Who runs the gateway sets it at spark.conf in the configuration.',
    details,
  });
}

async function filesInRoots(value: string, pathInRoots: PathCheck): Promise<string> {
  const files = value.split(',').map((file) => file.trim());
  return (await Promise.all(files.filter((file) => file !== '').map(pathInRoots))).join(',');
}
