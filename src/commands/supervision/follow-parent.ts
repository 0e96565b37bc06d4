/**
 * Ends this process, in order, when the `headgate up` that started it is gone, however that ended: the channel between the two
 * closes with it. Returns the parent's process id.
 */
export function followParent(): number {
  const parent = process.ppid;
  const end = () => process.kill(process.pid, 'SIGTERM');
  if (process.connected) process.once('disconnect', end);
  else end();
  // What listens on the channel must not keep a process that is done.
  process.channel?.unref();
  return parent;
}
