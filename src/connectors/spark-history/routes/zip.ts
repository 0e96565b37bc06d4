import { Readable } from 'node:stream';
import { HeadgateError } from '../../../kernel/errors.ts';

/** One entry. A name that ends in a slash is a folder. */
export interface ZipEntry {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Half the processor time of zlib's own level, for one and a half times the size. */
const COMPRESSION_LEVEL = 3;

/** A zip as it is made: one entry after another, with no more in memory than what the reader has not taken yet. */
export async function* zipOf(entries: readonly ZipEntry[]): AsyncGenerator<Uint8Array> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  const names = new Set<string>();
  const unique = (name: string): string => {
    if (names.has(name))
      throw new HeadgateError('failed_precondition', `Two logs of the application are named ${name}.`);
    names.add(name);
    return name;
  };
  const fill = async () => {
    for (const { name, chunks } of entries) {
      if (name.endsWith('/')) {
        zip.addEmptyDirectory(unique(name));
        continue;
      }
      const stream = Readable.from(chunks, { objectMode: false });
      const done = Promise.withResolvers<void>();
      stream.once('close', () => done.resolve());
      stream.once('error', (error) => output.destroy(error));
      zip.addReadStream(stream, unique(name), { compressionLevel: COMPRESSION_LEVEL });
      await done.promise;
    }
    zip.end();
  };
  fill().catch((error: Error) => output.destroy(error));
  yield* output;
}
