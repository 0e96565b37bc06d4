/** Names of time zones that clients send, minutes east of Greenwich. Java knows some hundred more. */
const ZONES: Readonly<Record<string, number>> = {
  GMT: 0,
  UTC: 0,
  UT: 0,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  CET: 60,
  CEST: 120,
};

const WITH_TIME =
  /^\s*(-?\d+)-\s*(-?\d+)-\s*(-?\d+)T\s*(-?\d+):\s*(-?\d+):\s*(-?\d+)\.\s*(-?\d+)\s*(?:(GMT|UTC|UT)?([+-])(\d{1,2}):?(\d{2})|([A-Za-z]{2,4}))/;
const DAY = /^\s*(-?\d+)-\s*(-?\d+)-\s*(-?\d+)/;

/**
 * A date parameter as SimpleDateParam of Spark 4.3 reads it, epoch ms: `2026-11-21T07:37:00.000GMT`, else the day at the
 * beginning of the text, in GMT. Both are lenient: month 13 is January of the next year. Null when it is neither.
 */
export function parseDateParameter(text: string): number | null {
  const time = WITH_TIME.exec(text);
  const zone = time === null ? null : zoneMinutes(time);
  if (time !== null && zone !== null) {
    const [year, month, day, hours, minutes, seconds, ms] = time.slice(1, 8).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return utc(year, month, day) + ((hours * 60 + minutes - zone) * 60 + seconds) * 1000 + ms;
  }
  const date = DAY.exec(text);
  return date === null ? null : utc(Number(date[1]), Number(date[2]), Number(date[3]));
}

function zoneMinutes(match: RegExpExecArray): number | null {
  const [, , , , , , , , , sign, hours, minutes, name] = match;
  if (name !== undefined) return ZONES[name.toUpperCase()] ?? null;
  // `+01:00` needs `GMT` before it, `+0100` does not.
  const isBare = match[8] === undefined;
  const hasColon = match[0].lastIndexOf(':') > match[0].lastIndexOf('.');
  if (isBare && hasColon) return null;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function utc(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}
