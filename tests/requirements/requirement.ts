/** One promise of the product. A test's title cites the id in square brackets. */
export interface Requirement {
  /** `<area>.<kebab-case>`. */
  readonly id: string;
  /** One sentence. */
  readonly behaviour: string;
  /** Where the promise was made, e.g. `issue: Gateway`. */
  readonly source: string;
}
