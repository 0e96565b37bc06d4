/** A single time at which something is looked at again. It keeps no process alive. */
export class Alarm {
  readonly #ring: () => void;
  #set: { readonly at: number; readonly timer: NodeJS.Timeout } | null = null;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** It will ring. */
  get pending(): boolean {
    return this.#set !== null;
  }

  /** Rings at `at` at the latest, epoch ms. An earlier time that is set already stays. */
  set(at: number, now: number): void {
    if (this.#set !== null && this.#set.at <= at) return;
    this.clear();
    const ring = () => {
      this.#set = null;
      this.#ring();
    };
    const timer = setTimeout(ring, Math.max(1, at - now));
    timer.unref();
    this.#set = { at, timer };
  }

  clear(): void {
    if (this.#set !== null) clearTimeout(this.#set.timer);
    this.#set = null;
  }
}
