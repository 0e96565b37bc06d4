/** A text in which a date, a counter or an id makes no difference. */
export function withoutDigits(text: string): string {
  return text.replace(/\d+/g, '#');
}
