import { describe, expect, it } from 'vitest';
import { errorSignature, rootCause } from './root-cause.ts';

describe('the root cause of an exception text', () => {
  it('is the last line of the last Python traceback [insight.failure-root-cause]', () => {
    const text = `Job aborted due to stage failure: Lost task 0.0: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/worker.py", line 12, in main
    process()
  File "orders.py", line 3, in parse
    raise ValueError("bad row")
ValueError: bad row
SQLSTATE: 38000

	at org.apache.spark.api.python.BasePythonRunner.read(PythonRunner.scala:1)
Caused by: java.io.EOFException
	at x.y(Z.java:1)`;
    expect(rootCause(text)).toEqual({ text: 'ValueError: bad row', via: 'python' });
  });

  it('is the last Caused by of a Java exception, with all lines of its message', () => {
    const text =
      'A: outer\n\tat a.b(C.java:1)\nCaused by: B: middle\n\t... 3 more\nCaused by: C: inner\nsecond line\n\tat d.e(F.java:2)';
    expect(rootCause(text)).toEqual({ text: 'C: inner\nsecond line', via: 'caused-by' });
  });

  it('is what the most recent task failure said where nothing caused it', () => {
    const text =
      'Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times, most recent failure: Lost task 0.3 in stage 0.0 (TID 3) (h executor 1): ExecutorLostFailure (executor 1 exited) Reason: Command exited with code 137\nDriver stacktrace:';
    expect(rootCause(text)).toEqual({
      text: 'ExecutorLostFailure (executor 1 exited) Reason: Command exited with code 137',
      via: 'task-failure',
    });
  });

  it('is else the first line, and nothing for no text', () => {
    expect([rootCause('boom\n\tat x'), rootCause(''), rootCause(null)]).toEqual([
      { text: 'boom', via: 'first-line' },
      null,
      null,
    ]);
  });

  it('is found at the end of an exception of many megabytes, and is never longer than a screen', () => {
    const huge = `head\n${'\tat frame\n'.repeat(1_000_000)}Caused by: X: ${'y'.repeat(5000)}`;
    const cause = rootCause(huge);
    expect([cause?.via, cause?.text.length]).toEqual(['caused-by', 1001]);
  });

  it('has the same signature for the same error on other rows, tasks and hosts', () => {
    expect(errorSignature('X: row 17 at host-3\n\tat a')).toBe(errorSignature('X: row 2 at host-12\n\tat b'));
  });
});
