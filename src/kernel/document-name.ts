/** Names of files that people put beside logs. */
const DOCUMENT =
  /^(?:README|LICEN[CS]E|NOTICE|CHANGELOG|CHANGES|AUTHORS|COPYING)\b|\.(?:md|markdown|rst|adoc|txt|html?|pdf)$/i;

/** True for a file name that says that people wrote it for people: nobody misses it among the logs. */
export function isDocumentName(name: string): boolean {
  return DOCUMENT.test(name);
}
