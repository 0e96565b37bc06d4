/** Who may import whom: ARCHITECTURE.md, "The house". A room's index.ts (connector.ts of a connector) is its only door. */
const ROOMS = '^src/(gateway|store|eventlog|insight|reference|spark-connect|pipelines|control-plane|connectors/[^/]+)/';
const DOORS =
  '^src/(?:gateway|store|eventlog|insight|reference|spark-connect|pipelines|control-plane)/index\\.ts$|^src/connectors/[^/]+/connector\\.ts$';
const TESTS = '\\.test\\.ts$|/fixtures/';

/** A rule that `room` imports nothing of ours besides itself, the kernel and `others`. */
const mayImport = (room, others = []) => ({
  name: `${room.replace(/\W+/g, '-')}-imports`,
  comment: `${room} may import ${['kernel', ...others].join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: TESTS },
  to: { path: '^src/', pathNot: [`^src/${room}/`, '^src/kernel/', ...others.map((other) => `^src/${other}/`)] },
});

module.exports = {
  forbidden: [
    {
      name: 'kernel-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { path: '^(src|tests|bench|examples)/', pathNot: '^src/kernel/' },
    },
    {
      name: 'kernel-does-no-io',
      severity: 'error',
      from: { path: '^src/kernel/', pathNot: TESTS },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer)$' },
    },
    mayImport('store'),
    mayImport('gateway'),
    mayImport('eventlog'),
    mayImport('reference'),
    mayImport('insight', ['eventlog']),
    mayImport('spark-connect'),
    mayImport('pipelines'),
    mayImport('connectors/spark-history', ['eventlog', 'insight']),
    mayImport('connectors/spark', ['spark-connect']),
    mayImport('connectors/postgres'),
    mayImport('connectors/duckdb'),
    mayImport('control-plane'),
    mayImport('connectors/envoy'),
    {
      name: 'through-the-door',
      comment: 'Other rooms import nothing behind the door of a room.',
      severity: 'error',
      from: { path: ROOMS },
      to: { path: ROOMS, pathNot: [DOORS, '^src/$1/'] },
    },
    {
      name: 'through-the-door-from-outside-the-rooms',
      severity: 'error',
      from: { path: '^(src/[^/]+\\.ts$|src/commands/|bin/)' },
      to: { path: ROOMS, pathNot: DOORS },
    },
    {
      name: 'rooms-meet-in-app',
      comment: 'Only src/app.ts wires rooms together; commands use the door of the one that they need.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          '^src/app\\.ts$',
          '^src/app-(?:control-plane|store)\\.ts$',
          '^src/connectors/',
          '^src/store/',
          '^src/gateway/',
          TESTS,
        ],
      },
      to: { path: '^src/(store/|connectors/)' },
    },
    {
      name: 'tests-stay-out-of-the-product',
      severity: 'error',
      from: { path: '^(src|bin)/', pathNot: TESTS },
      to: { path: '^(tests|bench)/|\\.test\\.ts$' },
    },
    {
      name: 'no-development-dependencies-in-the-product',
      severity: 'error',
      from: { path: '^(src|bin)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^\\.cache/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['headgate-source', 'import', 'node', 'types', 'default'],
    },
  },
};
