import { describe, expect, it } from 'vitest';
import { REDACTED } from '../kernel/redaction.ts';
import { masked, maskedField, refuseMask } from './mask-secrets.ts';

describe('masking', () => {
  it('hides private keys, inline secrets and values under the names of secrets [control-plane-api.secrets-masked]', () => {
    const pem = '-----BEGIN EC PRIVATE KEY-----\nx\n-----END EC PRIVATE KEY-----';
    expect(
      masked({
        a: pem,
        private_key: { inline_bytes: 'c2VjcmV0', filename: '/etc/key.pem' },
        password: { inline_string: 'p' },
        session_ticket_keys: { keys: [{ inline_string: 'k' }] },
        set: { authorization: 'Basic x', 'x-api-key': 'k', 'x-plain': 'v' },
        local_jwks: { inline_string: '{"keys":[]}' },
        value: { env: 'TOKEN' },
        max_tokens: 5,
      }),
    ).toEqual({
      a: REDACTED,
      private_key: { inline_bytes: REDACTED, filename: '/etc/key.pem' },
      password: { inline_string: REDACTED },
      session_ticket_keys: { keys: [{ inline_string: REDACTED }] },
      set: { authorization: REDACTED, 'x-api-key': REDACTED, 'x-plain': 'v' },
      local_jwks: { inline_string: '{"keys":[]}' },
      value: { env: 'TOKEN' },
      max_tokens: 5,
    });
  });

  it('does the same for a field that is named by its pointer [control-plane-api.secrets-masked]', () => {
    expect(maskedField('/resource/tls_certificate/private_key/inline_string', 'k')).toBe(REDACTED);
    expect(maskedField('/request_headers/set/x-api-key', 'k')).toBe(REDACTED);
    expect(maskedField('/endpoints/0', '127.0.0.1:8000')).toBe('127.0.0.1:8000');
  });

  it('is not taken for a secret when it is sent back [control-plane-api.secrets-masked]', () => {
    expect(() => refuseMask({ a: [{ b: REDACTED }] }, 'routes/x')).toThrow('routes/x/a/0/b is the mask');
    expect(() => refuseMask({ a: [{ b: 'text' }], c: null }, 'routes/x')).not.toThrow();
  });
});
