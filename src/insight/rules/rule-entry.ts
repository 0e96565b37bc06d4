/** What the reference says of a rule. */
export interface RuleEntry {
  /** Rows of the rule survey that it covers: `R1`, `R1, R2`; empty for a failure, which has no threshold to survey. */
  readonly rows: readonly number[];
  /**
   * `outcome`: a failure or a loss, reported whatever time it took. `risk`: what costs memory, or a failure tomorrow, and no
   * time of this run: reported where its rule calls it a warning. `cost`: reported when the run without it saves enough, by
   * replay, or by its own measure where no replay can show it.
   */
  readonly kind: 'outcome' | 'risk' | 'cost';
  /** When it fires, in a sentence; the thresholds have the numbers. */
  readonly fires: string;
  /** What the run would be without it: the change that is replayed. */
  readonly replayed: string;
  /** What to do, in a sentence. */
  readonly advice: string;
}

/** What is replayed for a rule that no replay can show. */
export const NOT_REPLAYED = 'not replayed';
