import type { Requirement } from './requirement.ts';

const source = 'issue: Start in one step';

/** What it takes to begin, and to leave again. */
export const requirements = [
  {
    id: 'start.package-is-built',
    behaviour: 'npm pack gives JavaScript and declarations: an installed package strips no types.',
    source,
  },
  {
    id: 'start.package-runs-on-node-22-and-24',
    behaviour:
      'The tarball, installed in an empty folder, runs serve, serve --stdio and analyze on Node 22 and Node 24, logs read by threads included.',
    source,
  },
  {
    id: 'start.package-eventlog-has-types',
    behaviour: 'A program that imports headgate/eventlog from the installed package compiles and runs.',
    source,
  },
  {
    id: 'start.platforms-when-used',
    behaviour:
      'Clients of Spark Connect, PostgreSQL and DuckDB are loaded when they are used, not when Headgate starts.',
    source: 'issue: Run things, the start stays as fast as it was',
  },
  {
    id: 'start.npx-in-a-client',
    behaviour: 'A client configuration whose command is npx headgate works.',
    source,
  },
  {
    id: 'start.offline-install',
    behaviour:
      'pack:offline fills a folder from which npm installs without a network, also where a registry lacks the Node of another platform.',
    source,
  },
  { id: 'start.no-fetch-at-run-time', behaviour: 'serve and analyze open no connection to another machine.', source },
  {
    id: 'start.init-writes-valid-file',
    behaviour: 'init writes a commented headgate.yaml of every preset that the schema accepts, with relative paths.',
    source,
  },
  {
    id: 'start.init-asks',
    behaviour: 'init asks at a terminal for what no option says, and says so where there is none.',
    source,
  },
  {
    id: 'start.init-never-overwrites',
    behaviour: 'init replaces a headgate.yaml only with --force, and then keeps a copy.',
    source,
  },
  {
    id: 'start.init-checks',
    behaviour: 'init runs check on what it wrote, prints what is wrong, and exits 1.',
    source,
  },
  {
    id: 'start.team-token',
    behaviour: 'The preset team makes a token, shows it once, and keeps its hash alone.',
    source,
  },
  {
    id: 'start.client-files',
    behaviour: 'Each client’s file and entry are those that its documentation names, on Linux, macOS and Windows.',
    source,
  },
  {
    id: 'start.client-file-kept',
    behaviour:
      'Writing a client’s file keeps everything else in it, comments included, and a copy; a second time changes nothing.',
    source,
  },
  {
    id: 'start.client-file-broken',
    behaviour: 'A client’s file that is no JSON is refused with its line, and left as it was.',
    source,
  },
  {
    id: 'start.client-entry-works',
    behaviour: 'The entry that init wrote starts a server from another folder with an empty PATH.',
    source,
  },
  {
    id: 'start.uninstall-shows-first',
    behaviour: 'uninstall shows what it would remove, and removes it with --yes alone.',
    source,
  },
  {
    id: 'start.uninstall-removes-only-ours',
    behaviour:
      'uninstall stops the servers and removes its entries, files and data; what others wrote, or changed since, stays and is named.',
    source,
  },
  {
    id: 'start.check-names-path-and-fix',
    behaviour:
      'check tries sources, store, issuers, TLS files and address at once, and names for each the path in the configuration and the fix.',
    source,
  },
  {
    id: 'start.check-ends',
    behaviour: 'check ends in time when a part hangs, and says which.',
    source,
  },
  {
    id: 'start.loopback-without-proxy',
    behaviour: 'With proxy variables set, this machine is still reached directly.',
    source,
  },
] as const satisfies readonly Requirement[];
