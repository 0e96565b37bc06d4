/** Runs at most `limit` tasks at a time; the others wait in line. A task must not wait for another one of the same limit. */
export function createLimit(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: Array<() => void> = [];
  let running = 0;
  return async (task) => {
    if (running === limit) await new Promise<void>((resume) => waiting.push(resume));
    else running += 1;
    try {
      return await task();
    } finally {
      // A task that ends hands its place on, or gives it back.
      const next = waiting.pop();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
