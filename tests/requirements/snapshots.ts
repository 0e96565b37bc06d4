import type { Requirement } from './requirement.ts';

const source = 'issue 7: Snapshots and history';
const badInput = 'issue 7: Bad input';
const ordering = 'shared/knowledge/xds.md: Ordering, warming, ADS';

/** What is promised of resources: how they are encoded, what is checked before they are served. */
export const requirements = [
  {
    id: 'snapshots.bytes-deterministic',
    behaviour: 'Equal resources have equal bytes and versions, whatever the order of their keys; others have others.',
    source,
  },
  {
    id: 'snapshots.unknown-field',
    behaviour:
      'An unknown field is named with its whole path, within what an Any holds too, and the nearest field is offered.',
    source: badInput,
  },
  {
    id: 'snapshots.wrong-type',
    behaviour: 'A value of the wrong type is named with its path and with what is expected there, and is not quoted.',
    source: badInput,
  },
  {
    id: 'snapshots.constraints',
    behaviour: "The constraints that Envoy's descriptors carry are checked, within what an Any holds too.",
    source,
  },
  {
    id: 'snapshots.envoy-agrees',
    behaviour:
      'What Envoy 1.36 and 1.40 refuse of a table of faults is refused before it is served, by the rule that it breaks.',
    source,
  },
  {
    id: 'snapshots.regular-expressions',
    behaviour:
      'Regular expressions that RE2 does not take, or whose program is larger than Envoy takes, are refused at once.',
    source: badInput,
  },
  {
    id: 'snapshots.weights',
    behaviour: 'Weights that add up to zero, or to more than 32 bits hold, are refused.',
    source: badInput,
  },
  {
    id: 'snapshots.references',
    behaviour:
      'Every resource that another one names is found, wherever in the message it is named, and only where it comes over our stream.',
    source,
  },
  {
    id: 'snapshots.dangling',
    behaviour:
      'A change that leaves a name without its resource is refused: a route without its cluster, a listener without its routes, a cluster without its endpoints.',
    source: ordering,
  },
  {
    id: 'snapshots.removal',
    behaviour: 'What is still named cannot be removed, unless what names it changes or goes in the same change.',
    source: badInput,
  },
  {
    id: 'snapshots.duplicates',
    behaviour:
      'Two resources of one name in a change, two virtual hosts with one domain, and two filter chains with one match are refused.',
    source,
  },
  {
    id: 'snapshots.ports',
    behaviour: 'Two listeners that cannot bind at once are refused, all addresses against one address included.',
    source: badInput,
  },
  {
    id: 'snapshots.change-sized',
    behaviour: 'A check looks at what changed and at what refers to it, and says the same as a check of the whole.',
    source,
  },
  {
    id: 'snapshots.secrets-masked',
    behaviour: "What Envoy's API marks as sensitive is masked wherever a resource is shown, and in no message.",
    source,
  },
  {
    id: 'snapshots.mcp-traps',
    behaviour:
      'Rules for tools that can be walked round, or that match nothing, are named in resources that are given as they are, too.',
    source: 'shared/knowledge/xds.md: Envoy MCP features, traps',
  },
  {
    id: 'snapshots.deprecated',
    behaviour: 'Fields and values that Envoy deprecates are warned of; those that it refuses by default are refused.',
    source,
  },
] as const satisfies readonly Requirement[];
