/**
 * One thing that a replay does differently from the run. Several are applied together, in the order of this list, never
 * added up. `rows` are rows of the application's task table, `stageRow` is a position in `application.stages`, times are ms.
 */
export type Change =
  /** Task attempts take less time, e.g. without the spill, the collections or the wait that was measured. Parallel lists. */
  | { readonly kind: 'save-task-time'; readonly rows: ArrayLike<number>; readonly savedMs: ArrayLike<number> }
  /** Task attempts that were for nothing do not run: failures, speculative copies. */
  | { readonly kind: 'drop-attempts'; readonly rows: ArrayLike<number> }
  /** A stage attempt does not run at all, e.g. the shuffle that a broadcast makes needless. */
  | { readonly kind: 'drop-stage'; readonly stageRow: number }
  /** All tasks of a stage attempt take so many times as long; 0.5 is twice as fast. */
  | { readonly kind: 'scale-tasks'; readonly stageRow: number; readonly factor: number }
  /** The work of a stage attempt is spread evenly over its tasks: skew and stragglers are gone. */
  | { readonly kind: 'even-out'; readonly stageRow: number }
  /**
   * The work of a stage attempt is cut into another number of tasks. `overheadMs` is the fixed part of a task, which each new
   * task pays again.
   */
  | {
      readonly kind: 'repartition';
      readonly stageRow: number;
      readonly taskCount: number;
      readonly overheadMs: number;
    }
  /** The driver alone takes less time somewhere between two times of the run (epoch ms). */
  | { readonly kind: 'save-driver-time'; readonly from: number; readonly to: number; readonly savedMs: number }
  /** Other executors than the run had, there from when its first executor was until its end. */
  | { readonly kind: 'executors'; readonly count: number; readonly coresEach: number };

export type ChangeKind = Change['kind'];
