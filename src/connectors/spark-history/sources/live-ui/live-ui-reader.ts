import type { Application, LogRef } from '../../../../eventlog/index.ts';
import { addressOf, type RestServerAccess } from '../../../../kernel/config.ts';
import { labelLog } from '../../../../kernel/log-text.ts';
import type { TracePort } from '../../../../kernel/trace.ts';
import { countNoun } from '../../../../kernel/units.ts';
import type { LogReader, ReadingOptions, SourceHealth } from '../../log-reader.ts';
import type { ReaderParts } from '../create-reader.ts';
import { readApplicationOverRest } from '../rest/application-from-rest.ts';
import { RestClient } from '../rest/rest-client.ts';
import { RestListing } from '../rest/rest-listing.ts';
import { SecretSession } from '../rest/rest-session.ts';
import { readThreads, type ThreadDump } from '../rest/threads.ts';

/** A running application is read anew after so long, ms: the tools of one question see one state. */
const STATE_VALID_MS = 10_000;

/** The reader of a running application's UI. */
export function createLiveUiReader(
  name: string,
  place: RestServerAccess & { readonly kind: 'live-ui' },
  parts: Pick<ReaderParts, 'clock' | 'resolveSecret'> & { readonly trace?: TracePort },
): LogReader {
  const session = new SecretSession(name, place, parts.resolveSecret);
  const client = new RestClient({ name, session, reach: place, traceHeaders: parts.trace?.outgoing });
  return new LiveUiReader(client, addressOf(place), parts.clock);
}

/** The applications of one driver's UI, which changes all the time: what was read is valid for a few seconds. */
class LiveUiReader implements LogReader {
  readonly changing = true;
  readonly #client: RestClient;
  readonly #listing: RestListing;

  constructor(client: RestClient, address: string, clock: () => number) {
    this.#client = client;
    const now = () => Math.floor(clock() / STATE_VALID_MS) * STATE_VALID_MS;
    this.#listing = new RestListing(client, address, ({ completed, endTime }) =>
      completed && endTime !== null ? endTime : now(),
    );
  }

  findLogs(options: { readonly signal?: AbortSignal }) {
    return this.#listing.findLogs(options);
  }

  refresh(log: LogRef, options: { readonly signal?: AbortSignal }) {
    return this.#listing.refresh(log, options);
  }

  readHeadline(log: LogRef, options: { readonly signal?: AbortSignal } = {}) {
    return this.#listing.readHeadline(log, options);
  }

  readApplication(log: LogRef, options: ReadingOptions = {}): Promise<Application> {
    const because = 'the UI of a running application has no log';
    return readApplicationOverRest(this.#client, { ...this.#listing.nameOf(log), ...options, because });
  }

  readThreads(log: LogRef, executorId: string, options: { readonly signal?: AbortSignal }): Promise<ThreadDump> {
    return readThreads(this.#client, this.#listing.nameOf(log), executorId, options.signal);
  }

  async health(options: { readonly signal?: AbortSignal }): Promise<SourceHealth> {
    const { logs } = await this.#listing.findLogs(options);
    const ids = logs.map(({ appIdHint }) => labelLog(appIdHint ?? '')).join(', ');
    return { ok: true, message: `UI of ${countNoun(logs.length, 'application')}${ids === '' ? '' : `: ${ids}`}` };
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
