/** Tells whoever listens in this process that the pipelines of a tenant changed. */
export class ChangeSignal {
  readonly #listeners = new Set<(tenant: string) => void>();

  /** Calls `listener` at each change until the returned function is called. */
  listen(listener: (tenant: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(tenant: string): void {
    for (const listener of this.#listeners) listener(tenant);
  }
}
