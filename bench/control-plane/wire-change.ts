import type { Sample } from '../../tests/xds-conformance/sample-resources.ts';

/** A change of resources as the control ports of all servers take it. */
export interface WireChange {
  readonly group?: string;
  readonly changed?: ReadonlyArray<{
    readonly type_url: string;
    readonly name: string;
    /** Base64. */
    readonly body: string;
    /** For servers that keep an order: others do not look. */
    readonly references: ReadonlyArray<{ readonly type_url: string; readonly name: string }>;
  }>;
  readonly removed?: ReadonlyArray<{ readonly type_url: string; readonly name: string }>;
}

export function wireChange(changed: readonly Sample[]): WireChange {
  return {
    group: 'default',
    changed: changed.map(({ typeUrl, name, body, references }) => ({
      type_url: typeUrl,
      name,
      body: body.toString('base64'),
      references: references.map((each) => ({ type_url: each.typeUrl, name: each.name })),
    })),
  };
}
