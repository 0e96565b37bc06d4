import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { HeadgateError } from '../../../kernel/errors.ts';
import { ioError, systemCode } from '../io-error.ts';

/** A folder that paths must not lead out of, by `..` or by symbolic links. */
export class LogRoot {
  readonly configured: string;
  readonly #real: string;

  private constructor(configured: string, real: string) {
    this.configured = configured;
    this.#real = real;
  }

  /** Throws `not_found` when the root itself is not there. */
  static async open(configured: string): Promise<LogRoot> {
    const real = await realpath(configured).catch((cause) => {
      throw ioError(resolve(configured), cause);
    });
    return new LogRoot(configured, real);
  }

  /** True when a path without symbolic links is the root or under it. */
  holds(realPath: string): boolean {
    return isUnder(this.#real, realPath);
  }

  /** Throws `permission_denied` when `path` leads out of the root, whether or not it is there. */
  async check(path: string): Promise<void> {
    const inside = await realpath(path).then(
      (real) => this.holds(real),
      (cause) => {
        if (systemCode(cause) !== 'ENOENT') throw ioError(path, cause);
        // What is not there has no links to follow.
        return isUnder(this.#real, path) || isUnder(resolve(this.configured), path);
      },
    );
    if (inside) return;
    throw new HeadgateError('permission_denied', `${path} is outside the configured root ${this.configured}.`, {
      hint: 'Name a path under the configured root, or add its folder to the configured event-log folders.',
    });
  }
}

function isUnder(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}
