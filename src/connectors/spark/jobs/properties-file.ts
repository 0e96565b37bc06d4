/**
 * Properties as Spark reads them from a file. Source: java.util.Properties.load.
 * Every character that means something there is escaped: a value cannot begin another property.
 */
export function renderProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${escaped(name, /[\\\s=:#!]/g)}=${escaped(value, /[\\\n\r\t\f]|^[ ]+/g)}\n`)
    .join('');
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f' };

function escaped(text: string, special: RegExp): string {
  return text.replace(special, (found) => [...found].map((one) => ESCAPES[one] ?? `\\${one}`).join(''));
}
