import { isSecretKey, REDACTED } from '../../kernel/redaction.ts';
import type { Application, ResourceProfile } from '../model/application.ts';
import { hashOfText } from './hash-order.ts';
import { JavaDouble, type Json } from './json.ts';
import { hashOfDouble, listHash, loggedMapOrder, pairHash } from './scala-map-order.ts';

/** Names and values that Spark masks. Source: the default of `spark.redaction.regex` in Spark 4.3. */
const SECRET = /secret|password|token|access[.]?key|credential/i;

/** `/environment`: every list sorted by name, secrets masked as the History Server masks them, and those by whose names other clients than Spark's keep one. */
export function renderEnvironment(application: Application): Json {
  const { environment } = application;
  return {
    runtime: {
      javaVersion: environment.jvm['Java Version'],
      javaHome: environment.jvm['Java Home'],
      scalaVersion: environment.jvm['Scala Version'],
    },
    sparkProperties: pairs(environment.spark),
    hadoopProperties: pairs(environment.hadoop),
    systemProperties: pairs(environment.system),
    metricsProperties: pairs(environment.metrics),
    classpathEntries: pairs(environment.classpath),
    resourceProfiles: [...environment.resourceProfiles].sort((a, b) => a.id - b.id).map(profileJson),
  };
}

/** By UTF-16 code units, as Java compares. */
function pairs(texts: Readonly<Record<string, string>>): Json {
  return Object.keys(texts)
    .sort()
    .map((name) => {
      const value = texts[name] ?? '';
      return [name, SECRET.test(name) || SECRET.test(value) || isSecretKey(name) ? REDACTED : value];
    });
}

function profileJson(profile: ResourceProfile): Json {
  const executor = loggedMapOrder(
    profile.executorResources,
    ({ name }) => name,
    (request) =>
      listHash([
        hashOfText(request.name),
        request.amount | 0,
        hashOfText(request.discoveryScript),
        hashOfText(request.vendor),
      ]),
  );
  const task = loggedMapOrder(
    profile.taskResources,
    ({ name }) => name,
    ({ name, amount }) => pairHash(hashOfText(name), hashOfDouble(amount)),
  );
  return {
    id: profile.id,
    executorResources: new Map(
      executor.map(({ name, amount, discoveryScript, vendor }) => [
        name,
        { resourceName: name, amount, discoveryScript, vendor },
      ]),
    ),
    taskResources: new Map(
      task.map(({ name, amount }) => [name, { resourceName: name, amount: new JavaDouble(amount) }]),
    ),
  };
}
