import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderYaml } from './render-yaml.ts';

it('prints blocks without anchors and long lines unbroken [upstreams.yaml]', () => {
  const ads = { ads: {} };
  expect(renderYaml({ one: ads, two: ads, long: 'x '.repeat(80).trim() })).toBe(
    `one:\n  ads: {}\ntwo:\n  ads: {}\nlong: ${'x '.repeat(80).trim()}\n`,
  );
});

it('quotes what Envoy’s reader takes for a truth or a number [upstreams.yaml]', () => {
  expect(renderYaml({ zone: 'y', other: 'on', time: '1:30', number: '0x1F', word: 'yard' })).toBe(
    'zone: "y"\nother: "on"\ntime: "1:30"\nnumber: "0x1F"\nword: yard\n',
  );
});

it('reads back to the same JSON by both versions of YAML [upstreams.yaml]', () => {
  fc.assert(
    fc.property(
      fc.object({ maxDepth: 3, values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)] }),
      (given) => {
        const json = JSON.parse(JSON.stringify(given));
        const yaml = renderYaml(json);
        expect(parse(yaml, { version: '1.1' })).toEqual(json);
        expect(parse(yaml, { version: '1.2' })).toEqual(json);
      },
    ),
    { numRuns: 100 },
  );
});
