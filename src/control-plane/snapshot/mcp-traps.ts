import { fieldOf } from '../descriptors/json-path.ts';
import type { MessageVisitor, Visit } from '../descriptors/message-encoder.ts';
import type { Problem } from '../problem.ts';
import { itemsOf } from './route-traps.ts';

type Json = Readonly<Record<string, unknown>>;

const MANAGER = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const MCP = 'envoy.extensions.filters.http.mcp.v3.Mcp';
const RBAC = 'envoy.extensions.filters.http.rbac.v3.RBAC';
/** Where Envoy's MCP filter puts what it read; earlier Envoys used the other name. */
const NAMESPACE = 'envoy.filters.http.mcp';
const OLD_NAMESPACE = 'mcp_proxy';
/** Rules deeper than this are not searched. */
const MAX_DEPTH = 40;

/** What looks like a rule for tools and is none, in the HTTP filters of a listener. */
export const MCP_TRAPS: ReadonlyArray<readonly [message: string, visitor: MessageVisitor]> = [[MANAGER, visitManager]];

interface Placed {
  readonly index: number;
  readonly config: unknown;
}

function visitManager(manager: Json, visit: Visit): void {
  const filters = itemsOf(manager, 'http_filters').map((filter, index) => ({
    index,
    config: fieldOf(filter, 'typed_config'),
  }));
  const reader = filters.find(({ config }) => isOf(config, MCP));
  for (const rule of filters.filter(({ config }) => isOf(config, RBAC))) visitRules(rule, reader, visit);
}

/** Rules that look at what the MCP filter read, beside that filter. */
function visitRules(rule: Placed, reader: Placed | undefined, visit: Visit): void {
  const below = ['http_filters', rule.index, 'typed_config', 'rules'];
  const rules = [fieldOf(rule.config, 'rules'), fieldOf(rule.config, 'matcher')];
  if (rules.some((each) => mentions(each, OLD_NAMESPACE))) visit.problem(OLD_NAME, below);
  if (!rules.some((each) => mentions(each, NAMESPACE) || mentions(each, OLD_NAMESPACE))) return;
  if (reader === undefined || reader.index > rule.index) {
    visit.problem(NOT_READ, below);
    return;
  }
  const at = ['http_filters', reader.index, 'typed_config'];
  const action = fieldOf(fieldOf(rule.config, 'rules'), 'action');
  if ((action === 'DENY' || action === 1) && fieldOf(reader.config, 'traffic_mode') !== 'REJECT_NO_MCP')
    visit.problem(PASSED_THROUGH, [...at, 'traffic_mode']);
  if (fieldOf(reader.config, 'attribute_source') === 'HEADERS') visit.problem(TRUSTED, [...at, 'attribute_source']);
  if (fieldOf(reader.config, 'reject_duplicate_keys') !== true)
    visit.problem(LAST_WINS, [...at, 'reject_duplicate_keys']);
}

const OLD_NAME: Problem = {
  severity: 'warning',
  rule: 'mcp-metadata-name',
  path: '',
  message: `The rules look at ${OLD_NAMESPACE}, where Envoy's MCP filter no longer writes: they would match nothing.`,
  hint: `Name the filter ${NAMESPACE} in the metadata matcher.`,
};

const NOT_READ: Problem = {
  severity: 'error',
  rule: 'filter-order',
  path: '',
  message: 'The rules look at what the MCP filter reads, and that filter does not run before them.',
  hint: 'Put the MCP filter before the RBAC filter.',
};

const PASSED_THROUGH: Problem = {
  severity: 'error',
  rule: 'mcp-bypass',
  path: '',
  message:
    'A body that is too large, or no MCP, passes with nothing read from it, and rules that deny match nothing then.',
  hint: 'Set traffic_mode to REJECT_NO_MCP with a max_request_body_size that fits, or allow what is allowed and nothing else.',
};

const TRUSTED: Problem = {
  severity: 'error',
  rule: 'mcp-trusts-headers',
  path: '',
  message: 'The rules look at headers that the client writes: it can name one tool there and call another.',
  hint: 'Set attribute_source to VERIFY or BODY.',
};

const LAST_WINS: Problem = {
  severity: 'warning',
  rule: 'mcp-duplicate-keys',
  path: '',
  message: 'A key that is in the body twice counts with its last value here, and perhaps with its first one upstream.',
  hint: 'Set reject_duplicate_keys, where the version of Envoy has it.',
};

function isOf(config: unknown, typeName: string): boolean {
  const url = (config as Json | null | undefined)?.['@type'];
  return typeof url === 'string' && url.endsWith(`/${typeName}`);
}

/** Whether a metadata matcher somewhere below looks at what a filter wrote. */
function mentions(json: unknown, filter: string, depth = 0): boolean {
  if (typeof json !== 'object' || json === null || depth > MAX_DEPTH) return false;
  if ((json as Json).filter === filter) return true;
  return Object.values(json).some((inner) => mentions(inner, filter, depth + 1));
}
