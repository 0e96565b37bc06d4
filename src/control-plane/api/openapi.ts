import { z } from 'zod';
import { KINDS } from '../desired-state/desired-state.ts';
import { KIND_SCHEMAS } from '../desired-state/kinds.ts';
import type { AnswerShape, Operation } from './operation.ts';
import { ProblemShape } from './wire.ts';

type JsonSchema = Record<string, unknown>;

/** What the statuses of problems mean. */
export const problemMeanings: Readonly<Record<number, string>> = {
  400: 'The request is not one that is understood; `problems` names everything that is wrong with it.',
  401: 'No token, or none that is known.',
  403: 'The token does not allow it, or the Host header names another server.',
  404: 'What is named does not exist; `details.nearest` offers what does.',
  409: 'The state does not allow it.',
  412: 'If-Match or If-None-Match does not hold; `details.current` is the ETag of what there is.',
  413: 'The body is larger than it may be.',
  415: 'The body is neither JSON nor YAML.',
  422: 'The change would not be served; `problems` has everything that is wrong with it.',
  500: 'The control plane failed; its log has the cause under `details.error_id`.',
  503: 'The store cannot be reached, so nothing can be changed; proxies are still served. Or it is shutting down.',
};

const ALWAYS = [400, 401, 403, 500, 503];

const PROBLEM_DOCUMENT = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
  problems: z.array(ProblemShape).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

const CHANGE_HEADERS = [
  header('If-Match', 'The ETag that the change is meant for'),
  header('If-None-Match', '`*`: only where there is nothing yet'),
  header('X-Change-Reason', 'Why; kept in the audit'),
];

/** The OpenAPI 3.1 document of the operations. The schemas are those that requests are checked by. */
export function buildOpenApi(operations: readonly Operation[], version: string): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = paths[operation.path] ?? {};
    path[operation.method.toLowerCase()] = operationOf(operation);
    paths[operation.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Headgate control plane',
      version,
      description: 'The desired state of Envoy proxies, its history, and what each proxy has.',
    },
    security: [{ token: [] }, {}],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Problem: jsonSchema(PROBLEM_DOCUMENT, 'output'),
        ...Object.fromEntries(KINDS.map((kind) => [specName(kind), jsonSchema(KIND_SCHEMAS[kind], 'input')])),
      },
      responses: Object.fromEntries(
        Object.entries(problemMeanings).map(([status, description]) => [
          `Problem${status}`,
          {
            description,
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        ]),
      ),
    },
  };
}

/** Name of the schema of a kind's specs in the document. */
export function specName(kind: string): string {
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Spec`;
}

function operationOf(operation: Operation): JsonSchema {
  const { id, tag, summary, description, access, method, answers, problems = [] } = operation;
  const parameters = [...pathParametersOf(operation), ...queryParametersOf(operation), ...headersOf(operation)];
  const body = bodyOf(operation);
  const statuses = [...new Set([...(access === 'open' ? [] : ALWAYS), ...problems])].sort();
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    'x-scope': access === 'secrets' ? 'admin' : access,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null ? {} : { requestBody: body }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
      ...(method === 'GET' && access !== 'open' ? { 304: { description: 'The client has it (If-None-Match)' } } : {}),
      ...Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Problem${status}` }])),
    },
  };
}

function pathParametersOf({ path }: Operation): JsonSchema[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParametersOf({ query }: Operation): JsonSchema[] {
  const { properties = {} } = jsonSchema(query, 'input') as { properties?: Record<string, JsonSchema> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function headersOf({ access, method }: Operation): JsonSchema[] {
  if (access === 'write') return CHANGE_HEADERS;
  return method === 'GET' && access !== 'open' ? [header('If-None-Match', 'The ETag that the client has: 304')] : [];
}

function header(name: string, description: string): JsonSchema {
  return { name, in: 'header', description, schema: { type: 'string' } };
}

function bodyOf({ body, bodyOptional = false }: Operation): JsonSchema | null {
  if (body === null) return null;
  const schema = jsonSchema(body, 'input');
  return {
    required: !bodyOptional,
    content: { 'application/json': { schema }, 'application/yaml': { schema } },
  };
}

function answerOf({ description, schema, types = ['application/json'] }: AnswerShape): JsonSchema {
  if (schema === null) return { description };
  const shown = jsonSchema(schema, 'output');
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema: shown }])) };
}

/** Specs of kinds are named once, among the components. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema: made }) {
      const kind = z.globalRegistry.get(zodSchema)?.kindOfSpec;
      if (typeof kind !== 'string') return;
      for (const key of Object.keys(made)) delete made[key];
      made.$ref = `#/components/schemas/${specName(kind)}`;
    },
  });
  return json;
}
