/** Texts that say themselves that memory was the reason: YARN, Kubernetes, the JVM. */
export const SAYS_MEMORY = /exceeding (physical |virtual )?memory|memory limits?|\bOOM|OutOfMemory/i;

/** A process that was killed with SIGKILL: exit code 128 + 9. */
export const SAYS_SIGKILL = /\b137\b|SIGKILL/;

/** Confidence in a cause of which only the signal is known. */
export const SIGKILL_CONFIDENCE = 0.6;

/** What SIGKILL can mean. It names its sender nowhere. */
export const SIGKILL_MEANING =
  'killed (SIGKILL, exit code 137): often the memory limit of the container or the system, also a preemption or a person';
