import type { SparkConfiguration } from '../../../kernel/config.ts';
import type { Master } from '../cluster/master.ts';
import type { SubmissionApi } from '../cluster/submission.ts';
import type { JobRegistry } from './job-registry.ts';

/** What jobs are made of, for every way in which they run. */
export interface JobParts {
  readonly config: SparkConfiguration;
  readonly registry: JobRegistry;
  /** Folder of the jobs' own folders. */
  readonly folder: string;
  /** Now, epoch ms. */
  readonly clock: () => number;
  /** This machine. */
  readonly host: string;
  /** This process, as no other is called. */
  readonly owner: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly master: Master | null;
  readonly submissions: SubmissionApi | null;
  /** Address of Spark Connect with its token; null: none. */
  readonly remote: () => Promise<string | null>;
  /** Told what goes wrong while nobody waits for it. */
  readonly report: (message: string, error: unknown) => void;
}
