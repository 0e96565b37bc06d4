import type { Caller } from '../../kernel/caller.ts';
import { MAX_SUBSCRIPTIONS, type Subscriptions } from './subscriptions.ts';

/** The resources that a 2026-07-28 `subscriptions/listen` request names; none for every other message. */
export function listenedResources(message: unknown): string[] {
  const { method, params } = Object(message) as { method?: unknown; params?: { notifications?: unknown } };
  if (method !== 'subscriptions/listen') return [];
  const { resourceSubscriptions } = Object(Object(params).notifications) as { resourceSubscriptions?: unknown };
  if (!Array.isArray(resourceSubscriptions)) return [];
  return [...new Set(resourceSubscriptions.filter((uri) => typeof uri === 'string'))];
}

/**
 * Watches what a listen request names for as long as its stream is open; what it returns ends that. A URI that is no
 * resource of this server is passed over: the stream is open by then, and will never tell of it.
 */
export function listenTo(subscriptions: Subscriptions, uris: readonly string[], caller: Caller): () => void {
  const added: string[] = [];
  for (const uri of uris.slice(0, MAX_SUBSCRIPTIONS)) {
    try {
      subscriptions.add(uri, caller);
      added.push(uri);
    } catch {
      // The protocol has no answer for one of several resources.
    }
  }
  return () => {
    for (const uri of added.splice(0)) subscriptions.remove(uri);
  };
}
