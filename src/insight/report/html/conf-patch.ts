/** Spark properties as arguments of `spark-submit`, one a line, ready to paste into a shell. */
export function confPatch(conf: Readonly<Record<string, string>>): string {
  return Object.entries(conf)
    .map(([key, value]) => `--conf ${shellWord(`${key}=${value}`)}`)
    .join(' \\\n');
}

/** Single quotes where a shell would read anything else than the text. */
function shellWord(text: string): string {
  return /^[\w.,:/=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
