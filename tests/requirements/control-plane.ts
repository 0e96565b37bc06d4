import type { Requirement } from './requirement.ts';

const HISTORY = 'issue 7: Snapshots and history';
const REST = 'issue 7: REST';
const FIGURES = 'issue 7: Figures';
const XDS = 'issue 7: xDS server';
const BAD_INPUT = 'issue 7: Bad input';
const BUILDS = 'issue 7: What it builds';
const USER = 'issue 7: What a user gets';

/** What is promised of the desired state, its history, the snapshots made from it, and of servers that register themselves. */
export const requirements = [
  {
    id: 'control-plane.version-is-content',
    behaviour: 'The version of a state is a hash of its content: it changes if and only if the content does.',
    source: HISTORY,
  },
  {
    id: 'control-plane.apply',
    behaviour: 'A change is checked, compiled, checked again, stored with its audit, and published, as one version.',
    source: HISTORY,
  },
  {
    id: 'control-plane.all-or-nothing',
    behaviour:
      'A change that is refused anywhere, by its schema, a builder or the checks of the snapshot, leaves nothing changed and nothing published.',
    source: HISTORY,
  },
  {
    id: 'control-plane.unchanged',
    behaviour: 'What is so already makes no version and publishes nothing.',
    source: HISTORY,
  },
  {
    id: 'control-plane.replace',
    behaviour:
      'A whole state can be replaced: what is not named goes. An object to remove that is not there is named, with the nearest that are.',
    source: HISTORY,
  },
  {
    id: 'control-plane.dry-run',
    behaviour: 'A dry run tells what a change would come to, and leaves nothing behind.',
    source: HISTORY,
  },
  {
    id: 'control-plane.validate',
    behaviour: 'All problems of a change are told at once, without making it.',
    source: REST,
  },
  {
    id: 'control-plane.optimistic-concurrency',
    behaviour:
      'A change that was meant for another version of the state, or of the object, is aborted, and the current version named.',
    source: REST,
  },
  {
    id: 'control-plane.group-commit',
    behaviour:
      'Changes that come while another one is stored go in one transaction and are published at once, each with its own version and audit entry.',
    source: FIGURES,
  },
  {
    id: 'control-plane.groups',
    behaviour:
      'Different groups of proxies have different snapshots; a group that comes is built, one that goes is let go of.',
    source: XDS,
  },
  {
    id: 'control-plane.audit',
    behaviour:
      'The audit keeps who changed what, when, why, from which version to which, field by field; refused changes are in it.',
    source: HISTORY,
  },
  {
    id: 'control-plane.audit-cut',
    behaviour: 'A difference of more than 200 fields is cut in the audit, and says so.',
    source: HISTORY,
  },
  {
    id: 'control-plane.masked',
    behaviour: 'Keys and passwords that stand in raw resources are masked in the audit and in comparisons.',
    source: HISTORY,
  },
  {
    id: 'control-plane.find-version',
    behaviour:
      'A version is found by its number, its hash or the beginning of its hash; of a content that was current several times the newest is meant.',
    source: HISTORY,
  },
  {
    id: 'control-plane.compare',
    behaviour: 'Two versions are compared: objects field by field, and the resources that they are built to, by group.',
    source: HISTORY,
  },
  {
    id: 'control-plane.rollback',
    behaviour: 'Any kept version can be rolled back to: its content becomes current as a new version.',
    source: HISTORY,
  },
  {
    id: 'control-plane.rollback-unreachable',
    behaviour:
      'A rollback to a version whose upstream no longer exists is refused and names it, unless it is forced: a cluster whose registered endpoints are all gone, a secret that no longer resolves.',
    source: BAD_INPUT,
  },
  {
    id: 'control-plane.registered-stay',
    behaviour:
      'Registered endpoints are no configuration: rollbacks, replaced states and written objects keep those that are there; they go with their cluster.',
    source: HISTORY,
  },
  {
    id: 'control-plane.secrets-renewed',
    behaviour: 'A secret that holds something else is published anew, within a minute, as the same version.',
    source: XDS,
  },
  {
    id: 'control-plane.persisted',
    behaviour:
      'Versions with their objects and audit are kept in the store, on SQLite and on PostgreSQL, for each tenant apart.',
    source: HISTORY,
  },
  {
    id: 'control-plane.resume',
    behaviour:
      'After a restart the same version is served, with the same versions of all resources: proxies do not notice.',
    source: HISTORY,
  },
  {
    id: 'control-plane.bounded-load',
    behaviour:
      'Any kept version can be loaded as it was; the cost is bounded by its objects and the changes that are kept of them.',
    source: HISTORY,
  },
  {
    id: 'control-plane.retention',
    behaviour:
      'Versions, audit and refusals are kept by count and age; the current and the last acknowledged version always, and registrations push no configuration out.',
    source: HISTORY,
  },
  {
    id: 'control-plane.store-down',
    behaviour:
      'While the store is down the last snapshot is served, changes are refused as unavailable with a hint, and it recovers by itself.',
    source: BAD_INPUT,
  },
  { id: 'control-plane.several', behaviour: 'Several control planes on one store follow each other.', source: HISTORY },
  {
    id: 'control-plane.compare-and-set',
    behaviour:
      "Of two control planes that write at the same time one is first; the other's change is compiled again on top, or aborted when it names a version.",
    source: HISTORY,
  },
  {
    id: 'control-plane.unservable',
    behaviour:
      'A stored version that cannot be compiled is reported at the start and nothing is published over what proxies have; a change that corrects it is taken.',
    source: BAD_INPUT,
  },
  {
    id: 'control-plane.last-acknowledged',
    behaviour: 'The last version that every connected proxy acknowledged is known, also after a restart.',
    source: XDS,
  },
  {
    id: 'control-plane.refusals',
    behaviour: 'A refusal is recorded with proxy, type, resources, message and time.',
    source: XDS,
  },
  {
    id: 'control-plane.rollback-on-nack',
    behaviour:
      'By policy a refused version is rolled back, once, to the last one that every connected proxy acknowledged; the reason names proxy, resource and message.',
    source: XDS,
  },
  {
    id: 'control-plane.nack-refuses-everything',
    behaviour: 'A proxy that refuses everything, or that never had a version, rolls nothing back.',
    source: BAD_INPUT,
  },
  {
    id: 'control-plane.nack-blames-its-version',
    behaviour:
      'A refusal rolls a version back only when a refused resource came with it and is still refused when all that was published is answered.',
    source: XDS,
  },
  {
    id: 'control-plane.register',
    behaviour:
      'A server registers itself for a cluster and is among its endpoints; those that register at once are all kept, with an audit entry each.',
    source: BUILDS,
  },
  {
    id: 'control-plane.register-refused',
    behaviour: 'A registration needs a cluster that is there and lists no endpoints of its own, and an address.',
    source: BUILDS,
  },
  { id: 'control-plane.lease', behaviour: 'A server that does not renew its lease is removed.', source: BUILDS },
  {
    id: 'control-plane.lease-after-restart',
    behaviour: 'After a restart of the control plane everybody who is registered gets a full lease.',
    source: BUILDS,
  },
  {
    id: 'control-plane.lease-shared',
    behaviour: 'A lease that is renewed at one control plane holds at all of the same store.',
    source: BUILDS,
  },
  { id: 'control-plane.lease-store-down', behaviour: 'Nobody is removed while the store is down.', source: BAD_INPUT },
  {
    id: 'control-plane.drain',
    behaviour: 'A server that drains gets no new requests; draining tells whether the proxies have acknowledged it.',
    source: BUILDS,
  },
  {
    id: 'control-plane.file',
    behaviour: 'A file of desired state is applied at the start, and again whenever it says something else.',
    source: USER,
  },
  {
    id: 'control-plane.file-editors',
    behaviour: 'A file may be replaced by renaming, be gone, and come back.',
    source: USER,
  },
  {
    id: 'control-plane.file-last-good',
    behaviour:
      'A file that is half written, does not parse or is refused leaves the last good content; the problem is told once.',
    source: USER,
  },
  {
    id: 'control-plane.file-owns',
    behaviour:
      'With a file, other writers are refused and the file is named, unless they are to be merged; rollbacks are possible.',
    source: USER,
  },
  {
    id: 'control-plane.file-rollback-holds',
    behaviour:
      'Content of a file that was applied is not applied again at the next start: a rollback holds until the file changes.',
    source: USER,
  },
  {
    id: 'control-plane.file-merge',
    behaviour: 'A file that is merged removes only what it said itself.',
    source: USER,
  },
] as const satisfies readonly Requirement[];
