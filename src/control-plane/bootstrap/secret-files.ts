import { resolve } from 'node:path';
import { HeadgateError } from '../../kernel/errors.ts';
import type { DesiredState } from '../desired-state/desired-state.ts';
import { isForGroup } from '../desired-state/proxy-group.ts';
import type { SecretReference, SecretSpec } from '../desired-state/secret.ts';
import type { BuiltResource } from '../resource.ts';
import { SECRET_TYPE } from '../resources/build-secret.ts';

type Json = Record<string, unknown>;

/**
 * Secrets for a static configuration: the proxy reads the files itself, so that no key stands in the configuration. `folder`: where relative paths
 * start. Errors: `invalid_argument` for one that comes from an environment variable or a command.
 */
export function secretFiles(state: DesiredState, group: string, folder: string): BuiltResource[] {
  return [...state.secrets]
    .filter(({ spec }) => isForGroup(spec, group))
    .map(({ name, spec }) => {
      const file = (reference: SecretReference) => ({ filename: pathOf(name, reference, folder) });
      return { typeUrl: SECRET_TYPE, json: { name, ...content(spec as SecretSpec, file) } };
    });
}

function content({ certificate, key, ca, value }: SecretSpec, file: (reference: SecretReference) => Json): Json {
  if (certificate !== undefined && key !== undefined) {
    return { tls_certificate: { certificate_chain: file(certificate), private_key: file(key) } };
  }
  if (ca !== undefined) return { validation_context: { trusted_ca: file(ca) } };
  return value === undefined ? {} : { generic_secret: { secret: file(value) } };
}

function pathOf(name: string, reference: SecretReference, folder: string): string {
  if ('file' in reference) return resolve(folder, reference.file);
  throw new HeadgateError(
    'invalid_argument',
    `The secret ${name} is no file, so a static configuration cannot name it.`,
    {
      hint: 'Put it into a file, or serve it by the control plane.',
    },
  );
}
