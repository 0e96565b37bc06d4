import { stringify } from 'yaml';

/**
 * YAML of a configuration or resource, as Envoy reads it: no anchors, long lines unbroken, and in quotes whatever YAML 1.1 takes for something
 * else than text, such as `yes` and `1:30`, as Envoy's reader does.
 */
export function renderYaml(json: unknown): string {
  return stringify(json, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 }).replace(
    /^%YAML 1\.1\n---\n/,
    '',
  );
}
