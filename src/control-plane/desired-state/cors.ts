import { z } from 'zod';
import { CountOrNone, Text } from './fields.ts';
import { HeaderName, ValueMatch } from './match.ts';

/** Which web pages may call. */
export const Cors = z.strictObject({
  /** Origins, as `https://app.example.com`; `"*"` is any. */
  origins: z.array(ValueMatch).min(1, 'must have an origin; "*" is any'),
  methods: z.array(Text).default(['GET', 'POST', 'DELETE', 'OPTIONS']),
  /** Request headers that pages may send; the default has those of MCP. */
  headers: z
    .array(HeaderName)
    .default([
      'authorization',
      'content-type',
      'accept',
      'last-event-id',
      'mcp-protocol-version',
      'mcp-session-id',
      'mcp-method',
      'mcp-name',
      'traceparent',
      'tracestate',
    ]),
  /** Response headers that pages may read. */
  expose: z.array(HeaderName).default(['mcp-session-id', 'www-authenticate']),
  /** How long a browser may keep the answer, seconds. */
  max_age_s: CountOrNone.default(600),
  credentials: z.boolean().default(false),
});
export type Cors = z.infer<typeof Cors>;
