import type { Problem } from '../problem.ts';
import type { ResourceReference } from '../resource.ts';
import { joinPaths, renderPath, type Segment } from './json-path.ts';

/** What was found in a message or a part of one; paths begin there. */
export interface Findings {
  readonly problems: readonly Problem[];
  /** Of several references to one resource the first. */
  readonly references: readonly ResourceReference[];
  /** The message cannot be encoded as it is meant: a field is unknown or of another type. */
  readonly broken: boolean;
}

/** More than this nobody reads, and somebody could send millions. */
const MAX_PROBLEMS = 100;

/** Collects what is found on the way through a message, and knows where it is. Parts can be taken out, kept, and put in again elsewhere. */
export class FindingsCollector {
  readonly #path: Segment[] = [];
  #frame = new Frame(0);
  readonly #outer: Frame[] = [];

  get depth(): number {
    return this.#path.length;
  }

  /** So many problems were found that further ones are not recorded. */
  get full(): boolean {
    return this.#frame.problems.length >= MAX_PROBLEMS;
  }

  enter(segment: Segment): void {
    this.#path.push(segment);
  }

  leave(): void {
    this.#path.pop();
  }

  /** A problem at a place below this one. */
  problem(problem: Problem, below: readonly Segment[] = []): void {
    if (this.full) return;
    this.#frame.problems.push({ ...problem, path: this.#here(below) });
  }

  /** A problem because of which nothing can be encoded. */
  breaks(problem: Problem): void {
    this.#frame.broken = true;
    this.problem(problem);
  }

  refer(typeUrl: string, name: string, below: readonly Segment[]): void {
    this.#frame.refer({ typeUrl, name, path: this.#here(below) });
  }

  /** What is found from here on is a part of its own until {@link endPart}. */
  beginPart(): void {
    this.#outer.push(this.#frame);
    this.#frame = new Frame(this.#path.length);
  }

  /** Ends the part and puts it into what surrounds it. */
  endPart(): Findings {
    const part = this.#frame.findings();
    this.#frame = this.#outer.pop() as Frame;
    this.include(part);
    return part;
  }

  /** Puts in, here, what was found in a part that is at this place too. */
  include({ problems, references, broken }: Findings): void {
    const here = this.#here([]);
    if (broken) this.#frame.broken = true;
    for (const problem of problems)
      if (!this.full) this.#frame.problems.push({ ...problem, path: joinPaths(here, problem.path) });
    for (const { typeUrl, name, path } of references) this.#frame.refer({ typeUrl, name, path: joinPaths(here, path) });
  }

  /** Everything. */
  findings(): Findings {
    return this.#frame.findings();
  }

  #here(below: readonly Segment[]): string {
    return renderPath(below.length === 0 ? this.#path : [...this.#path, ...below], this.#frame.depth);
  }
}

class Frame {
  readonly depth: number;
  readonly problems: Problem[] = [];
  broken = false;
  readonly #references = new Map<string, ResourceReference>();

  constructor(depth: number) {
    this.depth = depth;
  }

  refer(reference: ResourceReference): void {
    const key = `${reference.typeUrl} ${reference.name}`;
    if (!this.#references.has(key)) this.#references.set(key, reference);
  }

  findings(): Findings {
    return { problems: this.problems, references: [...this.#references.values()], broken: this.broken };
  }
}
