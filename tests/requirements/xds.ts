import type { Requirement } from './requirement.ts';

const part = 'issue 7: xDS server';
const rules = 'issue 7: xDS server, rules of the checklist';
const badInput = 'issue 7: Bad input';

const rule = (id: string, behaviour: string): Requirement => ({ id: `xds.${id}`, behaviour, source: rules });
const promise = (id: string, behaviour: string): Requirement => ({ id: `xds.${id}`, behaviour, source: part });
const refusal = (id: string, behaviour: string): Requirement => ({ id: `xds.${id}`, behaviour, source: badInput });

/** What is promised of the xDS server. */
export const requirements: readonly Requirement[] = [
  rule('c1-node-remembered', 'The node of the first request counts for the whole stream.'),
  rule('c2-type-required', 'An aggregated stream wants a type with each request; a stream of one type implies it.'),
  rule('c3-nonces', 'Each response of a stream has a nonce of its own.'),
  rule(
    'c4-refusal-recorded',
    'A request with error_detail is a refusal, recorded with proxy, type, names, version, nonce, message and time.',
  ),
  rule('c5-no-hot-loop', 'Nothing is answered to an acknowledgement, and to a refusal never the same content.'),
  rule('c6-version-per-type', 'A version is of a type and its resources, not of a stream.'),
  rule('c8-missing-remembered', 'A name that does not exist yet is sent when it does.'),
  rule('c9-legacy-wildcard', 'An empty first request means all, until a name was sent.'),
  rule('c10-wildcard-and-names', 'A wildcard and names are kept apart, and each can be dropped.'),
  rule('c11-several-streams', 'A client can have several streams and several types on each.'),
  rule('c12-released', 'A client that is gone leaves nothing behind, also after ten thousand of them.'),
  rule(
    'c13-slow-reader',
    'A client that reads slowly gets the latest state, and has one response of a type in memory.',
  ),
  rule('s1-complete-sets', 'A response of listeners or clusters is the complete set.'),
  rule('s2-partial-sets', 'A response of another type has what changed, and deletes nothing.'),
  rule('s3-stale-request', 'A request with the nonce of an earlier response gets no response.'),
  rule('s4-added-name', 'A name that is added is answered, also when nothing changed.'),
  rule('s5-resubscribed', 'A name that was dropped and comes back is answered.'),
  rule('s6-racing-hint', 'A request that crosses a response is no refusal.'),
  rule(
    's7-resumed',
    'A wildcard client that reconnects with the current version of a complete set is not sent it again; others are.',
  ),
  rule('s8-superseded', 'A newer request of a type supersedes an older one.'),
  rule('d1-only-changes', 'A delta response has what changed, with name and version, and the names that are gone.'),
  rule('d2-stale-nonce', 'A stale nonce does not keep a changed subscription from counting.'),
  rule(
    'd3-initial-versions',
    'A client that reconnects gets what differs from what it has, and the names that are gone.',
  ),
  rule('d4-subscribed-again', 'A subscription to what the client has is answered with it.'),
  rule('d5-missing-name', 'A subscription to a name that does not exist is answered with its removal.'),
  rule('d6-phantom-unsubscribe', 'To drop what was never asked for changes nothing.'),
  rule(
    'd7-unsubscribed-under-wildcard',
    'A name dropped under a wildcard is answered with what the wildcard says of it.',
  ),
  rule('d9-subscribe-with-ack', 'One request can acknowledge and subscribe.'),
  rule('d10-recreated', 'What was deleted and made anew is sent.'),
  rule('d11-on-demand', 'Names can be added at any time, and are answered alone.'),
  rule('o1-make-before-break', 'What is new comes before what refers to it, and what is old goes after.'),
  rule('o1-secrets', 'A secret changes before the cluster that uses it, and goes after it.'),
  rule('o2-endpoints-again', 'A changed cluster gets its endpoints again, before it can be acknowledged.'),
  rule('o2-routes-again', 'A changed listener gets its routes again.'),
  rule('o3-missing-never-blocks', 'A name that does not exist keeps nothing else from being sent.'),
  rule('o4-routes-wait', 'A route waits until its cluster is acknowledged, has its endpoints and was checked.'),
  rule('o4-unsubscribed-types', 'A proxy that does not subscribe to a type waits for nothing of it.'),
  rule(
    'o5-rename',
    'A cluster that is renamed under a route is there under both names until the route is acknowledged.',
  ),
  promise(
    'lingering-clusters',
    'A cluster stays for a moment after the last route to it is gone: requests that are tried again still find it.',
  ),
  rule('o7-refused-holds-dependants', 'What depends on a refused resource is held back until that is corrected.'),
  rule('t1-ttl-announced', 'Times to live are sent to clients that announce that they know them.'),
  rule('t2-heartbeat', 'Resources with a time to live are kept alive by name, version and time, without body.'),
  rule('t3-ttl-cleared', 'A time to live is cleared by the resource without one.'),
  rule('t4-fetch', 'A poll gets the resources of a type, or that nothing changed.'),
  promise('converges', 'Whatever is published, acknowledged and refused, a client ends with exactly what is served.'),
  promise('services', 'Each type is served aggregated and by its own service, as state of the world, delta and fetch.'),
  promise(
    'separate-streams',
    'Streams of one type each are ordered together when they are of one connection and node.',
  ),
  promise(
    'reconnect-grace',
    'What is gone stays with a proxy that reconnects until it has said what it has of all types.',
  ),
  promise('rollback-after-refusal', 'When the last good version is published after a refusal, the proxy is sent it.'),
  promise(
    'groups',
    'Proxies of different groups get different snapshots, and can be moved from one to another in order.',
  ),
  promise('parts', 'A large delta is sent in parts, one for each acknowledgement.'),
  promise('empty-start', 'A proxy that starts and is to have nothing is told so.'),
  promise('unserved-type', 'A type that is not served has no resources.'),
  promise('convergence', 'It is known which version each proxy has, and how long it took to have it.'),
  promise('settled', 'One can wait until all proxies of a group have acknowledged or refused.'),
  promise(
    'unanswered',
    'A response that a client leaves unanswered for a second holds back nothing newer of its type; at most 16 of a type wait.',
  ),
  promise('shared-responses', 'Clients that are due the same get the same bytes, also where these are not for all.'),
  promise('mtls', 'The port can serve TLS and ask for client certificates; unusable certificates are refused.'),
  promise('closes', 'The server ends its streams and its port within two seconds.'),
  promise('wire', 'Requests are read field by field, and unknown fields are skipped.'),
  promise('large-request', 'A request can name ten thousand resources.'),
  refusal('garbage', 'Bytes that are no request end their stream with a clear status, and no other stream.'),
  refusal('huge-request', 'A request of 50 MB ends its stream with a clear status.'),
  refusal('nack-storm', 'A proxy that refuses everything is sent at most one response for each change.'),
  refusal('bounded-subscriptions', 'A stream cannot ask for types without end.'),
  refusal('port-taken', 'A port that is taken is named.'),
];
