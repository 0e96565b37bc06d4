import type { Requirement } from './requirement.ts';

const team = 'issue: For a team';
const badInput = 'issue: Bad input';
const olderClients = 'issue: Older clients';

/** What a gateway that a team shares promises. */
export const requirements = [
  {
    id: 'team.bind-refused',
    behaviour:
      'Bound wider than loopback it refuses to start unless authentication is configured, and says what to write.',
    source: team,
  },
  {
    id: 'team.insecure-bind',
    behaviour: '--insecure-bind allows it, and is warned of at every start, in the log and in the status.',
    source: team,
  },
  {
    id: 'team.static-tokens',
    behaviour: 'A static token is known by its SHA-256, and gives the subject, scopes and tenant written beside it.',
    source: team,
  },
  {
    id: 'team.token-command',
    behaviour: 'headgate token makes a random token, and prints it once with the lines for the configuration.',
    source: team,
  },
  {
    id: 'team.jwt',
    behaviour: 'A JWT of a configured issuer is verified by its JWKS, with audience, scopes and tenant claim.',
    source: team,
  },
  {
    id: 'team.jwt-refused',
    behaviour:
      'Expired, early, forged, wrong-audience, wrong-issuer and unsigned tokens, and those signed with a shared secret, are refused with 401.',
    source: badInput,
  },
  {
    id: 'team.jwks-rotation',
    behaviour: 'An unknown key id fetches the keys once more, and then not again for a while.',
    source: team,
  },
  {
    id: 'team.jwks-unreachable',
    behaviour: 'While the keys of an issuer cannot be had, its tokens are 503 and not 401, and later they are taken.',
    source: badInput,
  },
  {
    id: 'team.challenge',
    behaviour: '401 and 403 carry the WWW-Authenticate that MCP asks for, with the metadata, the error and the scope.',
    source: team,
  },
  {
    id: 'team.resource-metadata',
    behaviour: 'The protected-resource metadata names resource, issuers and scopes, under the public address.',
    source: team,
  },
  {
    id: 'team.every-route-guarded',
    behaviour:
      'Without a token every route is refused before its body is read, save health, readiness and the metadata.',
    source: team,
  },
  {
    id: 'team.scopes',
    behaviour: 'read, write and admin are checked for tools, resources, prompts, completions, routes and metrics.',
    source: team,
  },
  {
    id: 'team.tokens-stay-secret',
    behaviour: 'A token appears in no answer, log line or audit row, and one in a query is not taken.',
    source: team,
  },
  {
    id: 'team.sessions-bound',
    behaviour: 'Sessions, replay and streams belong to the caller that opened them: to another one they do not exist.',
    source: team,
  },
  {
    id: 'team.streams-end-with-token',
    behaviour: 'A stream of notices ends with the token that opened it.',
    source: team,
  },
  {
    id: 'team.local-faces',
    behaviour: 'stdio and the command line stay the local caller with authentication configured.',
    source: team,
  },
  {
    id: 'team.tls',
    behaviour: 'TLS by certificate and key files, 1.2 at least; what is wrong with the files is said by name.',
    source: team,
  },
  {
    id: 'team.tls-reload',
    behaviour: 'Renewed TLS files are used without a restart, and open connections go on.',
    source: team,
  },
  {
    id: 'team.tls-announced',
    behaviour: 'A server with TLS is announced as https, and status and stop find it.',
    source: team,
  },
  {
    id: 'team.rate-limit',
    behaviour: 'A caller above its requests per minute gets 429 with Retry-After; others do not.',
    source: team,
  },
  {
    id: 'team.failed-authentication-limit',
    behaviour: 'Failed authentications of an address are limited; a good token of that address still passes.',
    source: team,
  },
  {
    id: 'team.request-size',
    behaviour: 'A body above the limit is refused before it is read whole.',
    source: badInput,
  },
  {
    id: 'team.slow-loris',
    behaviour: 'A client that sends its request slowly is cut off; a long stream is not.',
    source: badInput,
  },
  {
    id: 'team.connection-cap',
    behaviour: 'Connections and headers are bounded.',
    source: badInput,
  },
  {
    id: 'team.dns-rebinding',
    behaviour: 'A foreign Host or Origin is refused on every route, whatever the token.',
    source: badInput,
  },
  {
    id: 'team.graceful-shutdown',
    behaviour: 'At shutdown running calls and answers end, readiness is 503 first, and a second signal ends at once.',
    source: team,
  },
  {
    id: 'team.tenants-audited',
    behaviour: 'The tenant of a caller reaches handlers and audit.',
    source: team,
  },
  {
    id: 'team.denials-audited',
    behaviour: 'A call that is denied for its scope is in the audit log, over every face.',
    source: team,
  },
  {
    id: 'team.readiness-bounded',
    behaviour: 'Who shows no token makes nobody ask sources and store.',
    source: team,
  },
  {
    id: 'team.tenants-apart',
    behaviour:
      'To the wrong tenant every endpoint and every tool says of an application what it says of one that does not exist, and nothing of it shows elsewhere.',
    source: team,
  },
  {
    id: 'team.tenants-stored-apart',
    behaviour: 'What a tenant left in the store stays its own there, RESET ROLE or not.',
    source: team,
  },
  {
    id: 'team.older-clients',
    behaviour: 'A client of 2024-11-05 is served at /sse and /messages with the same tools, resources and prompts.',
    source: olderClients,
  },
  {
    id: 'team.older-clients-guarded',
    behaviour: 'Its streams are authenticated, bound to their caller, limited in number, and closed at shutdown.',
    source: olderClients,
  },
] as const satisfies readonly Requirement[];
