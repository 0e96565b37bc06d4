import { type DescField, type DescMessage, fromJson, ScalarType, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import { decodeMessage, encodeMessage, messageDescriptor } from './message-json.ts';
import { envoyRegistry } from './registry.ts';

const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const LISTENER = 'envoy.config.listener.v3.Listener';
const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const MCP = 'type.googleapis.com/envoy.extensions.filters.http.mcp.v3.Mcp';

/** Types whose fields are of every kind, nested messages and all. */
const SAMPLED = [
  CLUSTER,
  LISTENER,
  'envoy.config.route.v3.RouteConfiguration',
  'envoy.config.endpoint.v3.ClusterLoadAssignment',
  'envoy.extensions.transport_sockets.tls.v3.Secret',
  'envoy.extensions.filters.http.mcp_router.v3.McpRouter',
  'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
  'envoy.service.runtime.v3.Runtime',
  'envoy.config.bootstrap.v3.Bootstrap',
  'google.rpc.Status',
];

const listenerWith = (mcp: Record<string, unknown>) => ({
  name: 'default',
  filter_chains: [
    {
      filters: [
        {
          name: 'hcm',
          typed_config: { '@type': MANAGER, http_filters: [{ name: 'mcp', typed_config: { '@type': MCP, ...mcp } }] },
        },
      ],
    },
  ],
});

describe('encodeMessage', () => {
  it('writes what another implementation of protobuf writes', () => {
    const anyMessage = fc.constantFrom(...SAMPLED).chain((typeName) => {
      const descriptor = messageDescriptor(typeName);
      return messageJson(descriptor, 4).map((json) => ({ descriptor, json }));
    });
    fc.assert(
      fc.property(anyMessage, ({ descriptor, json }) => {
        const theirs = toBinary(descriptor, fromJson(descriptor, json as never, { registry: envoyRegistry() }));
        expect(hex(encodeMessage(descriptor.typeName, json))).toBe(hex(theirs));
      }),
      { numRuns: 300 },
    );
  });

  it('takes both spellings of a name, and gives one back', () => {
    const snake = encodeMessage(CLUSTER, { name: 'a', connect_timeout: '1.5s', lb_policy: 'LEAST_REQUEST' });
    expect(encodeMessage(CLUSTER, { lbPolicy: 1, connectTimeout: '1.500s', name: 'a' })).toEqual(snake);
    expect(decodeMessage(CLUSTER, snake)).toEqual({ name: 'a', connect_timeout: '1.500s', lb_policy: 'LEAST_REQUEST' });
  });

  it('writes equal bytes whatever the order of keys [snapshots.bytes-deterministic]', () => {
    const metadata = { b: { y: 1, x: [null, { n: true, m: 'z' }] }, a: { k: 'v' } };
    const turned = { a: { k: 'v' }, b: { x: [null, { m: 'z', n: true }], y: 1 } };
    const one = encodeMessage(CLUSTER, { name: 'c', metadata: { filter_metadata: metadata } });
    expect(encodeMessage(CLUSTER, { metadata: { filter_metadata: turned }, name: 'c' })).toEqual(one);
  });

  it('writes messages longer than one, two and three bytes of length', () => {
    for (const length of [1, 127, 128, 16_383, 16_384, 2_097_152]) {
      const json = { name: 'é'.repeat(length), alt_stat_name: 'x' };
      const descriptor = messageDescriptor(CLUSTER);
      const theirs = toBinary(descriptor, fromJson(descriptor, json));
      expect(Buffer.from(encodeMessage(CLUSTER, json)).equals(theirs)).toBe(true);
    }
  });

  it('names an unknown field with its whole path, within what an Any holds, and the nearest one [snapshots.unknown-field]', () => {
    expect(problemsOf(LISTENER, listenerWith({ clear_route_cach: true }))).toEqual([
      {
        severity: 'error',
        rule: 'unknown-field',
        path: 'filter_chains[0].filters[0].typed_config.http_filters[0].typed_config.clear_route_cach',
        message: 'clear_route_cach is not a field of envoy.extensions.filters.http.mcp.v3.Mcp.',
        hint: 'Did you mean clear_route_cache?',
      },
    ]);
  });

  it.each([
    [{ connect_timeout: 5 }, 'connect_timeout', 'The value must be a duration like "1.5s".'],
    [{ name: 7 }, 'name', 'The value must be text, and is 7.'],
    [{ name: '\ud800' }, 'name', 'The value must be text, and is text with half a character.'],
    [{ health_checks: {} }, 'health_checks', 'The value must be a list, and is an object.'],
    [{ metadata: [] }, 'metadata', 'The value must be an object of envoy.config.core.v3.Metadata, and is a list.'],
    [
      { per_connection_buffer_limit_bytes: -1 },
      'per_connection_buffer_limit_bytes',
      'The value must be a whole number from 0 to 4294967295, and is -1.',
    ],
    [
      { ignore_health_on_host_removal: 'yes' },
      'ignore_health_on_host_removal',
      'The value must be true or false, and is text.',
    ],
    [
      { circuit_breakers: { thresholds: [{}, { max_retries: 1.5 }] } },
      'circuit_breakers.thresholds[1].max_retries',
      'The value must be a whole number from 0 to 4294967295, and is 1.5.',
    ],
    [
      { metadata: { typed_filter_metadata: { 'a.b': { cluster: 1 } } } },
      'metadata.typed_filter_metadata["a.b"]',
      'The value must be an object with the type URL of what it holds under "@type".',
    ],
  ])('names where a value of the wrong type stands: %j [snapshots.wrong-type]', (json, path, message) => {
    expect(problemsOf(CLUSTER, json)).toEqual([{ severity: 'error', rule: 'wrong-type', path, message }]);
  });

  it('offers the nearest value of an enum and the nearest type of an Any [snapshots.wrong-type]', () => {
    expect(problemsOf(CLUSTER, { lb_policy: 'LEAST_REQUESTS' })[0]).toMatchObject({
      path: 'lb_policy',
      hint: 'Did you mean LEAST_REQUEST?',
    });
    const [problem] = problemsOf(LISTENER, {
      listener_filters: [
        { name: 'x', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.mcp.v3.Mpc' } },
      ],
    });
    expect(problem).toMatchObject({
      rule: 'unknown-type',
      path: 'listener_filters[0].typed_config',
      hint: 'Did you mean envoy.extensions.filters.http.mcp.v3.Mcp?',
    });
  });

  it('refuses a field in both spellings, and two of a oneof [snapshots.wrong-type]', () => {
    expect(problemsOf(CLUSTER, { lb_policy: 0, lbPolicy: 1 })[0]).toMatchObject({ rule: 'duplicate-field' });
    expect(problemsOf('envoy.config.route.v3.RouteMatch', { prefix: '/', path: '/a' })[0]).toMatchObject({
      rule: 'one-of',
      path: 'path',
      message: 'path cannot be given together with prefix.',
    });
  });

  it('takes "@type" for a field where nothing says what type is held', () => {
    expect(problemsOf(CLUSTER, { '@type': 'type.googleapis.com/x' })[0]).toMatchObject({ rule: 'unknown-field' });
  });

  it('ends at messages and values that are too deep', () => {
    let predicate: Record<string, unknown> = { any_match: true };
    for (let depth = 0; depth < 5_000; depth++) predicate = { not_match: predicate };
    const type = 'envoy.config.listener.v3.ListenerFilterChainMatchPredicate';
    expect(problemsOf(type, predicate).map(({ rule }) => rule)).toEqual(['too-deep']);
    let value: unknown = 1;
    for (let depth = 0; depth < 5_000; depth++) value = [value];
    expect(problemsOf('google.protobuf.Struct', { value })).toHaveLength(1);
  });

  it('names at most 100 problems of a message', () => {
    const json = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`nonsense_${index}`, 1]));
    expect(problemsOf(CLUSTER, json)).toHaveLength(100);
  });

  it('does not know types that are not of the API', () => {
    expect(() => encodeMessage('envoy.no.Such', {})).toThrow("envoy.no.Such is not a message of Envoy's API.");
    expect(() => decodeMessage(CLUSTER, Uint8Array.of(0xff))).toThrow(`The bytes are not a message of ${CLUSTER}.`);
  });
});

function problemsOf(typeName: string, json: unknown): Array<{ rule: string; path: string }> {
  try {
    encodeMessage(typeName, json);
  } catch (error) {
    if (error instanceof HeadgateError) return error.details?.problems as Array<{ rule: string; path: string }>;
    throw error;
  }
  return [];
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const WRAPPERS = /^google\.protobuf\.(Bool|Bytes|Double|Float|Int32|Int64|String|UInt32|UInt64)Value$/;
const seconds = fc.integer({ min: -1_000, max: 1_000_000 });
const structure = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.boolean(),
    tie('list'),
    tie('struct'),
  ),
  list: fc.array(tie('value'), { maxLength: 2 }),
  struct: fc.dictionary(fc.string(), tie('value'), { maxKeys: 1 }),
}));

/** JSON of messages of a type, down to a depth: every field present or not, every value valid. */
function messageJson(descriptor: DescMessage, depth: number): fc.Arbitrary<unknown> {
  const { typeName } = descriptor;
  if (WRAPPERS.test(typeName)) return scalarJson((descriptor.fields[0] as DescField & { fieldKind: 'scalar' }).scalar);
  if (typeName === 'google.protobuf.Duration') return seconds.map((value) => `${value}.25s`);
  if (typeName === 'google.protobuf.Timestamp') return seconds.map((value) => new Date(value * 1_000).toISOString());
  if (typeName === 'google.protobuf.Struct') return structure.struct as fc.Arbitrary<unknown>;
  if (typeName === 'google.protobuf.Value') return structure.value as fc.Arbitrary<unknown>;
  if (typeName === 'google.protobuf.ListValue') return structure.list as fc.Arbitrary<unknown>;
  if (typeName === 'google.protobuf.Any') return fc.constant({ '@type': MCP, clear_route_cache: true });
  const chosen = descriptor.oneofs.flatMap((oneof) => oneof.fields.slice(1).map(({ name }) => name));
  const fields = depth === 0 ? [] : descriptor.fields.filter(({ name }) => !chosen.includes(name));
  const sparse = fields.filter((field) => field.fieldKind !== 'message' || depth > 1);
  return fc
    .subarray(sparse, { maxLength: Math.min(5, sparse.length) })
    .chain((given) => fc.record(Object.fromEntries(given.map((field) => [field.name, fieldJson(field, depth)]))));
}

function fieldJson(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.fieldKind === 'list') return fc.array(valueJson(field, depth), { maxLength: 2 });
  if (field.fieldKind !== 'map') return valueJson(field, depth);
  const key = field.mapKey === ScalarType.STRING ? fc.string() : fc.nat(9).map(String);
  return fc.dictionary(key, valueJson(field, depth), { maxKeys: 1 });
}

function valueJson(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return messageJson(field.message, depth - 1);
  if (field.enum !== undefined) return fc.constantFrom(...field.enum.values.map(({ name }) => name));
  return scalarJson(field.scalar);
}

function scalarJson(scalar: ScalarType): fc.Arbitrary<unknown> {
  switch (scalar) {
    case ScalarType.STRING:
      return fc.string({ unit: 'grapheme' });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case ScalarType.DOUBLE:
      return fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom('NaN', 'Infinity', '-Infinity'),
      );
    case ScalarType.FLOAT:
      return fc.float({ noNaN: true, noDefaultInfinity: true });
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return fc.integer();
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.nat(0xffffffff);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String);
    default:
      return fc.bigInt(0n, 2n ** 64n - 1n).map(String);
  }
}
