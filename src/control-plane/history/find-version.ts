import type { ControlPlaneRecords, StoredVersion } from '../../kernel/control-plane-records.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { quote } from '../../kernel/quote.ts';

/** Characters of a hash that name a version: fewer are too easily another one's. */
const MIN_PREFIX = 4;
const HASH = /^[0-9a-f]{4,16}$/;

/**
 * The version with a number, a hash or the beginning of one; of a hash that was current several times the newest.
 * Errors: `not_found`; `invalid_argument` when it is none of these, or when several hashes begin so.
 */
export async function findVersion(records: ControlPlaneRecords, text: string): Promise<StoredVersion> {
  if (/^[1-9]\d{0,14}$/.test(text)) {
    const found = await records.findByNumber(Number(text));
    if (found !== null) return found;
  }
  if (HASH.test(text)) {
    const [found, other] = await records.findByHash(text, 2);
    if (other !== undefined && found !== undefined) {
      throw new HeadgateError(
        'invalid_argument',
        `Several versions begin with ${text}: ${found.version} and ${other.version}.`,
        {
          hint: 'Give more characters, or the number.',
        },
      );
    }
    if (found !== undefined) return found;
  } else if (!/^\d+$/.test(text)) {
    throw new HeadgateError('invalid_argument', `${quote(text.slice(0, 100))} is no version.`, {
      hint: `A version is a number, or a hash of 16 hexadecimal digits of which the first ${MIN_PREFIX} or more are given.`,
    });
  }
  throw new HeadgateError('not_found', `There is no version ${text}.`, {
    hint: 'List the versions that are kept: old ones are removed.',
  });
}
