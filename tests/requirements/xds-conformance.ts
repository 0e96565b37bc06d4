import type { Requirement } from './requirement.ts';

const source = 'issue 7: xDS server, Shown by; shared/knowledge/xds.md section 1';

/** Rules of the xDS protocol, each in every variant that it is about, and the suite that tries them. */
export const requirements = [
  { id: 'xds-conformance.c1', behaviour: 'Remembers the node that only the first request of a stream names.', source },
  {
    id: 'xds-conformance.c2',
    behaviour: 'Refuses a request without a type on ADS, and implies the type on a service of one.',
    source,
  },
  { id: 'xds-conformance.c3', behaviour: 'Gives every response a nonce that the stream has not seen.', source },
  {
    id: 'xds-conformance.c4',
    behaviour: 'Records a NACK by its error, with node, type, nonce, version, words and time.',
    source,
  },
  { id: 'xds-conformance.c5', behaviour: 'Answers neither an ACK nor a NACK until something changes.', source },
  {
    id: 'xds-conformance.c6',
    behaviour: 'Gives equal content equal versions on every stream, and versions of a type of its own.',
    source,
  },
  { id: 'xds-conformance.c7', behaviour: 'Names no resource twice in a response.', source },
  {
    id: 'xds-conformance.c8',
    behaviour: 'Remembers names that are not there, and sends what appears under them.',
    source,
  },
  {
    id: 'xds-conformance.c9',
    behaviour: 'Takes "*" and an empty first request as the wildcard, and emptiness after names as nothing.',
    source,
  },
  {
    id: 'xds-conformance.c10',
    behaviour: 'Keeps a name when the wildcard beside it is dropped, and drops the rest.',
    source,
  },
  { id: 'xds-conformance.c11', behaviour: 'Serves several names a request, and several streams a node.', source },
  { id: 'xds-conformance.c12', behaviour: 'Gives back what a stream held when it ends.', source },
  {
    id: 'xds-conformance.c13',
    behaviour: 'Keeps only the latest for a client that does not read, and lets no other wait.',
    source,
  },
  { id: 'xds-conformance.s1', behaviour: 'Sends all clusters in each response, and none when there are none.', source },
  { id: 'xds-conformance.s2', behaviour: 'Sends endpoints that changed, and does not send what was removed.', source },
  { id: 'xds-conformance.s3', behaviour: 'Does not answer a request with the nonce of an earlier response.', source },
  {
    id: 'xds-conformance.s4',
    behaviour: 'Replaces the names by those of a request, and sends a new one though it did not change.',
    source,
  },
  { id: 'xds-conformance.s5', behaviour: 'Sends again what was unsubscribed from and is subscribed to again.', source },
  { id: 'xds-conformance.s6', behaviour: 'Takes new names at an older version for names, not for a NACK.', source },
  {
    id: 'xds-conformance.s7',
    behaviour: 'Sends named resources to a new stream whatever version it says that it has.',
    source,
  },
  { id: 'xds-conformance.s8', behaviour: 'Lets a newer request supersede an older one of the type.', source },
  {
    id: 'xds-conformance.d1',
    behaviour: 'Sends only what changed, each with a name and a version, and names what was removed.',
    source,
  },
  { id: 'xds-conformance.d2', behaviour: 'Honours new names that come with the nonce of an earlier response.', source },
  {
    id: 'xds-conformance.d3',
    behaviour: 'Sends to a client that comes back only what it does not have, and removes what is gone.',
    source,
  },
  { id: 'xds-conformance.d4', behaviour: 'Sends again what a client has and subscribes to anew.', source },
  { id: 'xds-conformance.d5', behaviour: 'Says at once that a name is not there, and sends it when it is.', source },
  {
    id: 'xds-conformance.d6',
    behaviour: 'Ignores unsubscribing from what was not subscribed to, and answers no unsubscribing.',
    source,
  },
  {
    id: 'xds-conformance.d7',
    behaviour: 'Says what a name is to the wildcard when the name alone is unsubscribed from.',
    source,
  },
  {
    id: 'xds-conformance.d8',
    behaviour: 'Gives every response its type and nonce, and every resource the name that was asked for.',
    source,
  },
  {
    id: 'xds-conformance.d9',
    behaviour: 'Takes an ACK and new names in one message, and a NACK for its type alone.',
    source,
  },
  { id: 'xds-conformance.d10', behaviour: 'Sends what was removed and made again.', source },
  { id: 'xds-conformance.d11', behaviour: 'Adds names on demand, and answers with those alone.', source },
  {
    id: 'xds-conformance.o1',
    behaviour: 'Sends clusters, endpoints, listeners and routes of one change in this order.',
    source,
  },
  {
    id: 'xds-conformance.o2',
    behaviour: 'Sends the endpoints of a cluster that changed again, unasked and unchanged.',
    source,
  },
  {
    id: 'xds-conformance.o3',
    behaviour: 'Answers for the endpoints that are there when others that are asked for are gone.',
    source,
  },
  {
    id: 'xds-conformance.o4',
    behaviour: 'Holds routes back until the clusters that they name are acknowledged.',
    source,
  },
  {
    id: 'xds-conformance.o5',
    behaviour: 'Serves the old and the new cluster until routes have moved from one to the other.',
    source,
  },
  { id: 'xds-conformance.o6', behaviour: 'Refuses a set in which a name leads nowhere.', source },
  {
    id: 'xds-conformance.o7',
    behaviour: 'Holds back what names a cluster that was refused, until it is corrected.',
    source,
  },
  { id: 'xds-conformance.t1', behaviour: 'Sends a time to live only to clients that know it.', source },
  { id: 'xds-conformance.t2', behaviour: 'Sends heartbeats with the version and without the content.', source },
  { id: 'xds-conformance.t3', behaviour: 'Sends the content again when the time to live is taken away.', source },
  {
    id: 'xds-conformance.t4',
    behaviour: 'Answers a fetch by REST in JSON, and a fetch of the version that it has with 304.',
    source,
  },
  {
    id: 'xds-conformance.peer',
    behaviour: 'The suite runs against go-control-plane too, every rule in every variant.',
    source,
  },
  {
    id: 'xds-conformance.can-fail',
    behaviour: 'Rules that go-control-plane is known to break are seen to be broken there: every test can fail.',
    source,
  },
  {
    id: 'xds-conformance.can-pass',
    behaviour:
      'Rules that go-control-plane is known to keep are seen to be kept there: no test is about Headgate alone.',
    source,
  },
  { id: 'xds-conformance.table', behaviour: 'The table of both is printed by a command and has every rule.', source },
] as const satisfies readonly Requirement[];
