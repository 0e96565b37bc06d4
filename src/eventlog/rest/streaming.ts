import type { Application } from '../model/application.ts';

/**
 * What every path below `/streaming` answers with status 404: they tell of DStreams, whose listener is attached to a
 * running application alone. A History Server answers so about any application, and Structured Streaming has no paths.
 */
export function noStreamingListener(application: Application): string {
  return `no streaming listener attached to ${application.name}`;
}
