import type { Requirement } from './requirement.ts';

/** What finding and opening event logs promises. */
export const requirements = [
  {
    id: 'eventlog-open.codecs',
    behaviour: 'Logs without a codec and in zstd, lz4, snappy, lzf and gz are decoded to the bytes that Spark wrote.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog-open.sniffs-codecs',
    behaviour: 'A codec is recognised by the content of a file, whatever its name claims.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog-open.zstd-frames',
    behaviour: 'Every frame of a zstd log is decoded, not only the first.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog-open.lz4-checksum',
    behaviour: 'lz4 blocks are checked against the 28 bits of their checksum.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog-open.splits',
    behaviour: 'A large file is split into parts that together give exactly its bytes.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog-open.truncated',
    behaviour: 'A file that is cut anywhere gives everything before the cut, and a stated gap.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.damaged',
    behaviour:
      'From a damaged file every intact block is delivered, a line break stands for each damage, and a gap is stated.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.bounded-memory',
    behaviour: 'Neither a decompression bomb nor a claimed size takes more memory than a block of the format can need.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.bounded-work',
    behaviour: 'A file made to waste time on its damage is given up after a multiple of its size.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.finds-logs',
    behaviour: 'Logs are found in a folder and the folders in it, with what their names tell.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog-open.sniffs-logs',
    behaviour:
      'Files that Spark did not name are judged by their first bytes; those that are no log are listed with the reason.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.rolling',
    behaviour:
      'A rolling log is read in order, from its last compacted file on, under any folder name, and missing files are named.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog-open.databricks',
    behaviour: 'A Databricks log folder is one log, its dated parts by date and the undated one last.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog-open.link-loops',
    behaviour: 'Symbolic links are followed, and a search ends when they lead back.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.root',
    behaviour: 'Paths that lead out of the configured root are refused, also through links, whether or not they exist.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.path-errors',
    behaviour: 'A path that is missing or unreadable is an error that names it and the next step.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.many-logs',
    behaviour: 'A folder with 10,000 logs is listed.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.headline',
    behaviour: 'What a listing shows of a log is read from its ends, without reading all of it.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog-open.not-a-log',
    behaviour: 'A file without any Spark event is a clear error.',
    source: 'issue: Bad input',
  },
] satisfies readonly Requirement[];
