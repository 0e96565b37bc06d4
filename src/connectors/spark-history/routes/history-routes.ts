import {
  groupAttempts,
  type Json,
  type ListedApplication,
  renderApplication,
  renderApplications,
  renderAttempt,
  type TextMask,
} from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { HttpAnswer, HttpRoute, HttpRouteRequest } from '../../../kernel/http-route.ts';
import type { LoadedApplication, SparkHistories, SparkHistory, Unreadable } from '../spark-history.ts';
import { jsonAnswer, RouteRefusal } from './answers.ts';
import { answerLogs } from './event-logs.ts';
import { listedAttempt } from './listed-attempt.ts';
import { QueryParameters } from './parameters.ts';
import type { RestRedaction } from './redaction.ts';
import { RenderedAnswers } from './rendered-answers.ts';
import { RESOURCES } from './resources.ts';

/** What the routes are made of. */
export interface RouteParts {
  readonly histories: SparkHistories;
  readonly redaction: RestRedaction;
  /** Now, epoch ms. */
  readonly clock: () => number;
}

/** Spark whose REST this is: what `/version` says. */
export const REST_SPARK_VERSION = '4.3.0';

const ROOT = '/api/v1';

/** Dates that leave nothing out. */
const FIRST_DATE = Date.UTC(2010, 0, 1);
const LAST_DATE = Date.UTC(3000, 0, 1);

type Ask = (request: HttpRouteRequest, spark: SparkHistory, query: QueryParameters) => Promise<HttpAnswer>;

/**
 * The REST of the Spark History Server 4.3: the same addresses, parameters, bodies, orders and status codes.
 * An application that is on several sources is read by `?server=NAME`; without it the answer says that it is on several.
 */
export function historyRoutes(parts: RouteParts): HttpRoute[] {
  const { mask } = parts.redaction;
  const json = (value: Json, headers?: Readonly<Record<string, string>>) => jsonAnswer(value, mask, headers);
  const route = (path: string, name: string, ask: Ask, produces = 'application/json'): HttpRoute => ({
    path: ROOT + path,
    name: `history-rest ${name}`,
    produces,
    handle: (request) => answer(request, parts.histories.seenBy(request.caller), ask, mask),
  });
  const rendered = new RenderedAnswers(mask);
  const logs: Ask = (request, spark) => answerLogs(spark, appOf(request), request, parts.redaction);
  return [
    route('/version', 'version', async () => json({ spark: REST_SPARK_VERSION })),
    route('/applications', 'applications', async (request, spark, query) => {
      const filter = filterOf(query, parts.clock());
      const listing = await spark.applications({ server: serverOf(request), signal: request.signal });
      const applications = groupAttempts(listing.entries.map(listedAttempt));
      return json(renderApplications(applications, filter), silentSources(listing.unreachable));
    }),
    route('/applications/:appId', 'application', async (request, spark) =>
      json(renderApplication(await listed(request, spark, `unknown app: ${appOf(request).appId}`))),
    ),
    ...['/applications/:appId', '/applications/:appId/:attemptId'].flatMap((base) => [
      ...RESOURCES.map(({ path, name, render, isFixed }) =>
        route(`${base}/${path}`, name, async (request, spark, query) => {
          const application = once(() => loadApplication(request, spark));
          const load = async () => (await application()).application;
          const readDetails = async () => (await application()).readDetails(request.signal);
          const value = await render({ load, readDetails, query, params: request.params, now: parts.clock() });
          if (isFixed?.(query) !== true) return json(value);
          return rendered.answer(await load(), `${name}?${request.query}`, value);
        }),
      ),
      route(`${base}/logs`, 'logs', logs, 'application/octet-stream'),
    ]),
    route('/applications/:appId/:attemptId', 'attempt', async (request, spark) => {
      const { appId, attemptId } = appOf(request);
      const unknown = `unknown app ${appId}, attempt ${attemptId}`;
      const { attempts } = await listed(request, spark, unknown);
      const attempt = attempts.find((one) => one.attemptId === attemptId);
      if (attempt === undefined) throw new RouteRefusal(404, unknown);
      return json(renderAttempt(attempt));
    }),
    route('/applications/:appId/:attemptId/*', 'unknown', async ({ path }) => {
      throw new RouteRefusal(404, path);
    }),
  ];
}

async function answer(request: HttpRouteRequest, spark: SparkHistory, ask: Ask, mask: TextMask): Promise<HttpAnswer> {
  try {
    return await ask(request, spark, new QueryParameters(request.query));
  } catch (error) {
    if (error instanceof RouteRefusal) return error.toAnswer(mask);
    throw error;
  }
}

/** Does the work on the first call only. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | null = null;
  return () => (started ??= work());
}

const serverOf = ({ query }: HttpRouteRequest): string | undefined => query.get('server') ?? undefined;

/** The application and attempt of the path; null for an address without an attempt. */
export function appOf({ params }: Pick<HttpRouteRequest, 'params'>): { appId: string; attemptId: string | null } {
  return {
    appId: withoutMatrix(params.appId),
    attemptId: params.attemptId === undefined ? null : withoutMatrix(params.attemptId),
  };
}

/** Jersey takes what follows a semicolon for parameters of the segment. */
const withoutMatrix = (segment = ''): string => segment.split(';')[0] ?? '';

/** The parsed application. As in Spark, an address without an attempt means the attempt that has no id. */
async function loadApplication(request: HttpRouteRequest, spark: SparkHistory): Promise<LoadedApplication> {
  const { appId, attemptId } = appOf(request);
  try {
    return await spark.application(appId, { server: serverOf(request), attemptId, signal: request.signal });
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'not_found')
      throw new RouteRefusal(404, `no such app: ${attemptId === null ? appId : `${appId}/${attemptId}`}`);
    throw error;
  }
}

/** The application as a list has it. Errors: `unavailable` when nobody has it and a source could not be asked. */
async function listed(request: HttpRouteRequest, spark: SparkHistory, unknown: string): Promise<ListedApplication> {
  const { appId } = appOf(request);
  const { logs, unreachable } = await spark.logsOf(appId, { server: serverOf(request), signal: request.signal });
  const [application] = groupAttempts(logs.map(({ entry }) => listedAttempt(entry)));
  if (application !== undefined) return application;
  if (unreachable.length === 0) throw new RouteRefusal(404, unknown);
  throw notAsked(appId, unreachable);
}

/** Nobody who could be asked has it. */
export function notAsked(appId: string, unreachable: readonly Unreadable[]): HeadgateError {
  const names = unreachable.map(({ server }) => server).join(', ');
  return new HeadgateError('unavailable', `Application ${appId} was not found, and ${names} could not be asked.`, {
    hint: `Ask again when ${names} can be reached, or name another source with ?server=NAME.`,
    details: { unreachable },
  });
}

/** The list is that of the sources that answered: a header names the others. */
function silentSources(unreachable: readonly Unreadable[]): Record<string, string> {
  if (unreachable.length === 0) return {};
  return { 'headgate-unreachable-sources': unreachable.map(({ server }) => encodeURIComponent(server)).join(', ') };
}

function filterOf(query: QueryParameters, now: number) {
  return {
    statuses: query.choices('status', ['COMPLETED', 'RUNNING']),
    minDate: query.date('minDate', FIRST_DATE),
    maxDate: query.date('maxDate', LAST_DATE),
    minEndDate: query.date('minEndDate', FIRST_DATE),
    maxEndDate: query.date('maxEndDate', LAST_DATE),
    limit: query.integerOrNull('limit'),
    now,
  };
}
