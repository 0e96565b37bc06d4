import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Preloaded into a process: writes the address of every module that it loads to RECORDED_MODULES. */
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.RECORDED_MODULES, `${url}\n`);
    return next(url, context);
  },
});
