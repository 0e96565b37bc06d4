import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';

/** Preloaded into a process: writes where every connection goes, in RECORDED_CONNECTIONS. */
const { connect } = Socket.prototype;
Socket.prototype.connect = function (...args) {
  const [{ host, path } = {}] = Array.isArray(args[0]) ? args[0] : args;
  appendFileSync(process.env.RECORDED_CONNECTIONS, `${host ?? path ?? 'localhost'}\n`);
  return connect.apply(this, args);
};
