import type { TracePort } from '../../../../kernel/trace.ts';
import type { LogReader } from '../../log-reader.ts';
import type { ReaderParts } from '../create-reader.ts';
import { HistoryServerReader } from '../history-server/history-server-reader.ts';
import { RestClient } from '../rest/rest-client.ts';
import { type EmrPlace, EmrSession } from './emr-session.ts';

/** The reader of the persistent History Server of an EMR cluster. `pollMs`: how often one that is not ready is asked. */
export function createEmrReader(
  name: string,
  place: EmrPlace,
  parts: Pick<ReaderParts, 'spool'> & { readonly trace?: TracePort },
  pollMs?: number,
): LogReader {
  const session = new EmrSession(name, place, pollMs);
  const client = new RestClient({
    traceHeaders: parts.trace?.outgoing,
    name,
    session,
    reach: { ca: null, verify: true, proxy: null, timeoutMs: place.timeoutMs },
  });
  return new EmrReader({ name, address: place.clusterArn, client, spool: parts.spool }, session);
}

class EmrReader extends HistoryServerReader {
  readonly #session: EmrSession;

  constructor(parts: ConstructorParameters<typeof HistoryServerReader>[0], session: EmrSession) {
    super(parts);
    this.#session = session;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#session.close();
  }
}
