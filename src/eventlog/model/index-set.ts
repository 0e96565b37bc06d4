/** Largest number that the map holds: stages have at most some hundred thousand tasks, applications some millions. */
const MAX_MAPPED_INDEX = 1 << 26;

/** Distinct small whole numbers, such as task indexes: a byte map for what there is, a set for what should not be there. */
export class IndexSet {
  #seen = new Uint8Array(64);
  readonly #odd = new Set<number>();
  #count = 0;

  get size(): number {
    return this.#count + this.#odd.size;
  }

  add(index: number): void {
    if (!(index >= 0 && index < MAX_MAPPED_INDEX && Number.isInteger(index))) {
      this.#odd.add(index);
      return;
    }
    if (index >= this.#seen.length) {
      const larger = new Uint8Array(Math.max(index + 1, this.#seen.length * 2));
      larger.set(this.#seen);
      this.#seen = larger;
    }
    if (this.#seen[index] === 0) this.#count += 1;
    this.#seen[index] = 1;
  }
}
