import { HeadgateError } from '../../kernel/errors.ts';

/** A replica, as a rolling restart sees it. */
export interface RestartableReplica {
  readonly name: string;
  /** Ends it, in order, and starts it anew; resolves when it listens. */
  restart(): Promise<void>;
  /** Resolves when proxies send it requests. False: they did not in time. */
  isServing(): Promise<boolean>;
}

/** What a rolling restart needs besides. */
export interface RollingRestartParts {
  /** A further replica for the time of the restart, where there is only one. */
  readonly standIn: () => Promise<{ isServing(): Promise<boolean>; stop(): Promise<void> }>;
  readonly report: (message: string) => void;
}

/**
 * Restarts replicas one after another, each only once the one before gets requests again: somebody answers all the time.
 * Errors: those of a restart; `deadline_exceeded` when one gets no requests: those after it were not touched.
 */
export async function rollingRestart(
  replicas: readonly RestartableReplica[],
  { standIn, report }: RollingRestartParts,
): Promise<void> {
  const further = replicas.length === 1 ? await standIn() : null;
  try {
    if (further !== null) {
      await requireServing('The stand-in', further.isServing);
      report('A stand-in takes requests meanwhile.');
    }
    for (const [index, replica] of replicas.entries()) {
      report(`${replica.name} is restarted (${index + 1} of ${replicas.length}).`);
      await replica.restart();
      await requireServing(replica.name, () => replica.isServing());
    }
  } finally {
    await further?.stop();
  }
  report('Every replica was restarted.');
}

async function requireServing(name: string, isServing: () => Promise<boolean>): Promise<void> {
  if (await isServing()) return;
  throw new HeadgateError(
    'deadline_exceeded',
    `${name} gets no requests after its restart; the replicas after it were left as they are.`,
    {
      hint: 'headgate cp status says what the proxies have; the log of headgate up says what the replica does.',
    },
  );
}
