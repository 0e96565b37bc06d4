import type { Application } from '../model/application.ts';

/** Accounts of services: not a person's name, and a word of every second log. */
const SERVICE_ACCOUNTS: ReadonlySet<string> = new Set(
  'spark root hadoop hdfs yarn hive livy airflow ubuntu admin ec2-user databricks jovyan nobody user host glue'.split(
    ' ',
  ),
);
/** A name that stands for a person in any text: neither that of a service nor the number of an account. */
const isPersonal = (user: string): boolean => !SERVICE_ACCOUNTS.has(user) && !/^\d+$/.test(user);
/** Addresses that mean the machine itself. */
const HERE = /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|::1?|)$/;

const IPV4 = /(?<![\w.])(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\.\d)/g;
/** Names that clouds give to machines by their address. */
const CLOUD_HOST = /\bip-(?:\d{1,3}-){3}\d{1,3}(?:\.[\w-]+)*/g;
/** Names of machines in private networks. Names of Java classes and of properties go on after these words. */
const PRIVATE_HOST =
  /(?<![\w.-])(?!(?:spark|org|com|java)\.)[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.(?:internal|local|lan|corp|intranet)(?![\w-]|\.\w)/g;
const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g;
/** The machine in a URL of a service that runs on machines; buckets are no machines. */
const URL_HOST =
  /\b((?:https?|hdfs|webhdfs|spark|thrift|mysql|postgresql|sqlserver|oracle|kafka|tcp|akka|k8s):\/\/)([\w.-]+)/gi;
/** Home folders. */
const HOME = /(\/(?:home|Users|user)\/)([^/\s:,"']+)/g;

const USER_PROPERTIES = /(?:^|\.)user\.name$|^SPARK_USER$|^HADOOP_USER_NAME$|proxy\.?user$/i;
const HOST_PROPERTIES = /(?:\.host|\.hostname|bindAddress)$|^spark\.driver\.appUIAddress$/i;

/** Names beyond this are looked for one by one: a regular expression with one of 50,000 characters is refused. Characters. */
const LONGEST_IN_PATTERN = 1_000;

/** The parts of an application that name its users and hosts. */
export interface Identified {
  readonly user: string;
  readonly executors: ReadonlyArray<Pick<Application['executors'][number], 'host'>>;
  readonly tasks: { readonly hosts: readonly string[] };
  readonly environment: Pick<Application['environment'], 'spark' | 'system'>;
}

/** Names of people and machines of one application, each with the name that stands for it in everything told of it. */
export class Identities {
  readonly #hosts = new Map<string, string>();
  readonly #users = new Map<string, string>();
  /** Too long for the pattern. */
  readonly #long: string[] = [];
  #known: RegExp | null = null;

  /** Takes users and hosts from where logs name them, in the order of the log: the same log gives the same names. */
  constructor(application: Identified) {
    this.user(application.user);
    for (const { host } of application.executors) this.host(host);
    for (const host of application.tasks.hosts) this.host(host);
    const { spark, system } = application.environment;
    for (const [key, value] of [...Object.entries(spark), ...Object.entries(system)]) {
      if (USER_PROPERTIES.test(key)) this.user(value);
      else if (HOST_PROPERTIES.test(key)) this.host(value);
    }
  }

  host(name: string): string {
    if (HERE.test(name)) return name;
    return this.#nameOf(this.#hosts, name, 'host');
  }

  user(name: string): string {
    return name === '' ? name : this.#nameOf(this.#users, name, 'user');
  }

  /** `host:port` with the host named. */
  address(text: string): string {
    const [, host = text, port = ''] = /^(.*?)(:\d+)?$/s.exec(text) ?? [];
    return this.host(host) + port;
  }

  /** A text with every user and host in it named: those that are known, and what has the form of one. */
  text(text: string): string {
    const known = this.#pattern();
    const short = this.#long.reduce((left, name) => left.replaceAll(name, this.#givenTo(name)), text);
    return (known === null ? short : short.replace(known, (name) => this.#givenTo(name)))
      .replace(EMAIL, (name) => this.user(name))
      .replace(HOME, (_all, folder: string, name: string) => folder + this.user(name))
      .replace(CLOUD_HOST, (name) => this.host(name))
      .replace(PRIVATE_HOST, (name) => this.host(name))
      .replace(IPV4, (name) => this.host(name))
      .replace(URL_HOST, (_all, scheme: string, name: string) => scheme + this.host(name));
  }

  /** The value of a property, which may be a name as a whole. */
  property(key: string, value: string): string {
    if (USER_PROPERTIES.test(key)) return this.user(value);
    if (HOST_PROPERTIES.test(key) && /^[\w.-]+$/.test(value)) return this.host(value);
    return this.text(value);
  }

  #nameOf(names: Map<string, string>, name: string, kind: 'host' | 'user'): string {
    if (new RegExp(`^${kind}-\\d+$`).test(name)) return name;
    const known = names.get(name);
    if (known !== undefined) return known;
    const given = `${kind}-${names.size + 1}`;
    names.set(name, given);
    if (name.length > LONGEST_IN_PATTERN) this.#long.push(name);
    this.#known = null;
    return given;
  }

  #givenTo(name: string): string {
    return this.#hosts.get(name) ?? this.#users.get(name) ?? name;
  }

  /** Every known name as a word of its own, longest first; accounts of services stay where they are only words. */
  #pattern(): RegExp | null {
    if (this.#known !== null) return this.#known;
    const all = [...this.#hosts.keys(), ...[...this.#users.keys()].filter(isPersonal)];
    const names = all.filter((name) => name.length <= LONGEST_IN_PATTERN);
    if (names.length === 0) return null;
    const words = names.toSorted((a, b) => b.length - a.length).map((name) => RegExp.escape(name));
    this.#known = new RegExp(`(?<!\\w)(?:${words.join('|')})(?!\\w)`, 'g');
    return this.#known;
  }
}
