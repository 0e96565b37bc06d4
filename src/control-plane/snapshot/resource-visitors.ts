import type { MessageVisitor, MessageVisitors } from '../descriptors/message-encoder.ts';
import { REFERENCE_VISITORS } from './references.ts';
import { TRAP_VISITORS } from './traps.ts';

/** Everything that is looked at in a resource while it is encoded: which resources it names, and the traps in it. */
export const RESOURCE_VISITORS: MessageVisitors = combine([...REFERENCE_VISITORS, ...TRAP_VISITORS]);

function combine(visitors: ReadonlyArray<readonly [string, MessageVisitor]>): MessageVisitors {
  const combined = new Map<string, MessageVisitor>();
  for (const [message, visitor] of visitors) {
    const earlier = combined.get(message);
    combined.set(
      message,
      earlier === undefined
        ? visitor
        : (json, visit) => {
            earlier(json, visit);
            visitor(json, visit);
          },
    );
  }
  return combined;
}
