const INITIAL_EVENTS = 32;

/**
 * A queue of events that hands out the earliest: a binary heap of times with a number for each event. Of events at the same
 * time the one with the smaller number comes first. Cost: O(log n) for a push and a pop; no memory but two typed arrays.
 */
export class EventHeap {
  #times = new Float64Array(INITIAL_EVENTS);
  #events = new Int32Array(INITIAL_EVENTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Time of the earliest event; 0 when there is none. */
  get time(): number {
    return this.#size === 0 ? 0 : (this.#times[0] as number);
  }

  push(time: number, event: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const events = this.#events;
    let place = this.#size++;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const parentTime = times[parent] as number;
      if (parentTime < time || (parentTime === time && (events[parent] as number) <= event)) break;
      times[place] = parentTime;
      events[place] = events[parent] as number;
      place = parent;
    }
    times[place] = time;
    events[place] = event;
  }

  /** Takes the earliest event out; −1 when there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    const first = this.#events[0] as number;
    this.#size -= 1;
    if (this.#size > 0) this.#sink(this.#times[this.#size] as number, this.#events[this.#size] as number);
    return first;
  }

  /** Puts an event in at the top and lets it down to its place. */
  #sink(time: number, event: number): void {
    const times = this.#times;
    const events = this.#events;
    const size = this.#size;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(child + 1, child)) child += 1;
      const childTime = times[child] as number;
      if (time < childTime || (time === childTime && event <= (events[child] as number))) break;
      times[place] = childTime;
      events[place] = events[child] as number;
      place = child;
    }
    times[place] = time;
    events[place] = event;
  }

  #before(one: number, other: number): boolean {
    const a = this.#times[one] as number;
    const b = this.#times[other] as number;
    return a < b || (a === b && (this.#events[one] as number) < (this.#events[other] as number));
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    const events = new Int32Array(this.#events.length * 2);
    times.set(this.#times);
    events.set(this.#events);
    this.#times = times;
    this.#events = events;
  }
}
