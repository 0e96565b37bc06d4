import { describe, expect, it } from 'vitest';
import { checkObject } from './kinds.ts';

const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
const PEM = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----';

const found = (type: string, resource: Record<string, unknown>) =>
  checkObject('resources', 'x', { type, resource }).problems.map(({ path, message }) => {
    expect(message).toContain('under secrets');
    expect(message).not.toContain('AAAA');
    return path;
  });
const cluster = (certificate: Record<string, unknown>) => ({
  transport_socket: {
    name: 'tls',
    typed_config: { '@type': TLS, common_tls_context: { tls_certificates: [certificate] } },
  },
});

describe('a raw resource', () => {
  it('may not hold a secret itself, whatever way it is written [upstreams.no-inline-secrets]', () => {
    expect(found('secrets', { generic_secret: { secret: { inline_string: 'AAAA' } } })).toEqual([
      'resources/x.resource.generic_secret.secret.inline_string',
    ]);
    expect(found('secrets', { tlsCertificate: { privateKey: { inlineBytes: 'AAAA' } } })).toEqual([
      'resources/x.resource.tlsCertificate.privateKey.inlineBytes',
    ]);
    expect(found('secrets', { session_ticket_keys: { keys: [{ inline_string: 'AAAA' }] } })).toHaveLength(1);
    expect(
      found('clusters', cluster({ private_key: { inline_string: 'AAAA' }, password: { inline_string: 'AAAA' } })),
    ).toEqual([
      'resources/x.resource.transport_socket.typed_config.common_tls_context.tls_certificates[0].private_key.inline_string',
      'resources/x.resource.transport_socket.typed_config.common_tls_context.tls_certificates[0].password.inline_string',
    ]);
    // Not a field of Envoy, or in a text: a private key is one wherever it stands.
    expect(found('clusters', { metadata: { filter_metadata: { own: { list: [PEM] } } } })).toEqual([
      'resources/x.resource.metadata.filter_metadata.own.list[0]',
    ]);
    expect(found('clusters', { nonsense: PEM })).toEqual(['resources/x.resource.nonsense']);
  });

  it('may say where a secret is [upstreams.no-inline-secrets]', () => {
    expect(
      found('clusters', cluster({ private_key: { filename: '/k.pem' }, certificate_chain: { inline_string: 'C' } })),
    ).toEqual([]);
    expect(found('secrets', { generic_secret: { secret: { environment_variable: 'TOKEN' } } })).toEqual([]);
    expect(found('secrets', { genericSecret: { secret: { environmentVariable: 'TOKEN' } } })).toEqual([]);
    expect(found('secrets', { validation_context: { trusted_ca: { inline_string: 'CA' } } })).toEqual([]);
  });
});
