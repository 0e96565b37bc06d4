import { z } from 'zod';

export { label, type Quoted, quote } from './quote.ts';

/** Schema of a quoted text: a tool that forgets to quote fails its own output check. */
export const quoted = () => z.templateLiteral([z.literal('«'), z.string(), z.literal('»')]);
