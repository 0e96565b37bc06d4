import { isForGroup } from '../desired-state/proxy-group.ts';
import type { BuiltResource } from '../resource.ts';
import type { BuildContext, SecretMaterial } from './build-context.ts';

type Json = Record<string, unknown>;

/** Type of an SDS resource. */
export const SECRET_TYPE = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

/** The SDS resource of a secret. Nothing when it is gone, for other groups, or its material could not be had: what refers to it is then dangling. */
export function buildSecret(name: string, { state, group, secrets }: BuildContext): BuiltResource[] {
  const object = state.secrets.get(name);
  const material = secrets.get(name);
  if (object === undefined || material === undefined || !isForGroup(object.spec, group)) return [];
  const content = secretContent(material);
  return content === null ? [] : [{ typeUrl: SECRET_TYPE, json: { name, ...content } }];
}

function secretContent({ certificateChain, privateKey, trustedCa, generic }: SecretMaterial): Json | null {
  if (certificateChain !== null && privateKey !== null) {
    return { tls_certificate: { certificate_chain: inline(certificateChain), private_key: inline(privateKey) } };
  }
  if (trustedCa !== null) return { validation_context: { trusted_ca: inline(trustedCa) } };
  return generic === null ? null : { generic_secret: { secret: inline(generic) } };
}

function inline(text: string): Json {
  return { inline_string: text };
}
