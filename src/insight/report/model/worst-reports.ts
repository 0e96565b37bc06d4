import type { ReportModel } from './report-model.ts';

const STATUS_RANK = { FAILED: 0, INCOMPLETE: 1, RUNNING: 2, SUCCEEDED: 3 } as const;

/** What an index says of an application. */
export interface IndexLine {
  readonly header: ReportModel['header'];
  readonly verdict: string;
}

/** Reports of many applications of which the worst are kept whole, so that memory does not grow with their number. */
export class WorstReports {
  readonly #kept: ReportModel[] = [];
  readonly #others: IndexLine[] = [];
  readonly #most: number;

  /** `most` reports are kept whole; of the others remains what an index says. */
  constructor(most: number) {
    this.#most = most;
  }

  add(model: ReportModel): void {
    this.#kept.push(model);
    if (this.#kept.length <= this.#most) return;
    this.#kept.sort(worstFirst);
    const mildest = this.#kept.pop();
    if (mildest !== undefined) this.#others.push({ header: mildest.header, verdict: mildest.verdict });
  }

  /** Worst first. */
  get reports(): ReportModel[] {
    return this.#kept.toSorted(worstFirst);
  }

  /** Those that were not kept, failed ones first. */
  get others(): IndexLine[] {
    return this.#others.toSorted(
      (a, b) =>
        STATUS_RANK[a.header.status] - STATUS_RANK[b.header.status] || (a.header.appId < b.header.appId ? -1 : 1),
    );
  }
}

/** Failed runs first, then by grave findings, then by duration. */
function worstFirst(a: ReportModel, b: ReportModel): number {
  return (
    STATUS_RANK[a.header.status] - STATUS_RANK[b.header.status] ||
    countOf(b, 'critical') - countOf(a, 'critical') ||
    countOf(b, 'warning') - countOf(a, 'warning') ||
    (b.header.durationMs ?? 0) - (a.header.durationMs ?? 0) ||
    (a.header.appId < b.header.appId ? -1 : 1)
  );
}

function countOf({ findings }: ReportModel, severity: 'critical' | 'warning'): number {
  return findings.items.filter((finding) => finding.severity === severity).length;
}
