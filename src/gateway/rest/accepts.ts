/** Whether an Accept header takes a media type. No header takes everything; `q=0` takes nothing. */
export function accepts(header: string | undefined, type: string): boolean {
  if (header === undefined || header.trim() === '') return true;
  const [family = ''] = type.split('/');
  const wanted = new Set(['*/*', `${family}/*`, type, '*']);
  return header.split(',').some((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    return wanted.has(range) && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}
