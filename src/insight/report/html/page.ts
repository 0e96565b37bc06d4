import { createHash } from 'node:crypto';
import { scriptJson } from './markup.ts';

/** What a page is made of. Strings are HTML, script and style as they are. */
export interface PageParts {
  readonly title: string;
  readonly style: string;
  readonly body: string;
  /** Run in this order; each is allowed by its hash alone. */
  readonly scripts: readonly string[];
  /** JSON that the scripts read, by the id of its element. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Absent in a chat client, which sets the policy of its frame. */
  readonly policy: 'own' | 'host';
}

/** A whole HTML document that loads nothing from anywhere. `title` must be escaped. */
export function renderPage({ title, style, body, scripts, json, policy }: PageParts): string {
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  const rules = `default-src 'none'; script-src ${hashes.join(' ') || "'none'"}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${policy === 'own' ? `<meta http-equiv="Content-Security-Policy" content="${rules}">\n<meta name="generator" content="headgate report">\n` : ''}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${body}
${Object.entries(json)
  .map(([id, value]) => `<script type="application/json" id="${id}">${scriptJson(value)}</script>`)
  .join('\n')}
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}
