/** The texts of the first column of an Arrow stream. */
export async function textsOf(chunk: Uint8Array): Promise<string[]> {
  const { tableFromIPC } = await import('apache-arrow');
  const column = tableFromIPC(chunk).getChildAt(0);
  return column === null ? [] : [...column].map(String);
}
