import { describe, expect, it } from 'vitest';
import { pageMeta, showsViews, toolMeta } from './views.ts';

const extension = (settings: unknown) => ({ extensions: { 'io.modelcontextprotocol/ui': settings } }) as never;

describe('clients that show pages', () => {
  it.each([
    [extension({ mimeTypes: ['text/html;profile=mcp-app'] }), true],
    [extension({ mimeTypes: ['text/html'] }), false],
    [extension({}), false],
    [extension(null), false],
    [{}, false],
    [undefined, false],
  ])('%j: %s [report.mcp-app-free]', (capabilities, shows) => {
    expect(showsViews(capabilities)).toBe(shows);
  });

  it('are told of the page of a tool, and of tools that pages alone call [report.mcp-app]', () => {
    expect(toolMeta({ view: 'ui://a' })).toEqual({ ui: { resourceUri: 'ui://a' }, 'ui/resourceUri': 'ui://a' });
    expect(toolMeta({ audience: 'view' })).toEqual({ ui: { visibility: ['app'] } });
    expect(toolMeta({})).toBeUndefined();
    expect([pageMeta(undefined), pageMeta({ border: false, copies: false })]).toEqual([
      {},
      { _meta: { ui: { prefersBorder: false } } },
    ]);
  });
});
