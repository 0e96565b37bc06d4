import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

const FOLDER = import.meta.dirname;
const TARGET = join(FOLDER, '..', '..', 'src', 'insight', 'report', 'html');
/** The oldest browsers that a report is made for: those that know light-dark(). */
const BROWSERS = ['chrome123', 'firefox120', 'safari17.5'];

/** Bundles one entry into one script and one style, as text. The same sources give the same bytes. */
async function bundle(entry) {
  const { output } = (
    await build({
      configFile: false,
      root: FOLDER,
      logLevel: 'warn',
      define: { 'process.env.NODE_ENV': JSON.stringify('production') },
      build: {
        write: false,
        minify: true,
        target: BROWSERS,
        cssTarget: BROWSERS,
        modulePreload: false,
        lib: {
          entry: join(FOLDER, entry),
          formats: ['iife'],
          name: 'bundle',
          fileName: 'bundle',
          cssFileName: 'bundle',
        },
      },
    })
  )[0];
  const script = output.find(({ type }) => type === 'chunk').code;
  const style = output.find(({ fileName }) => fileName.endsWith('.css'))?.source ?? '';
  return { script: safeInScript(script.trim()), style: String(style).trim() };
}

/** Nothing in the text of a script may end its element or begin a comment in it. */
function safeInScript(script) {
  return script.replace(/<(?=\/script|!--|script)/gi, '\\x3C');
}

const line = (name, text) => `export const ${name} = ${JSON.stringify(text)};\n`;
const HEAD =
  '// Built from web/report by npm run build:report. Contains Apache ECharts, zrender and others: see NOTICE.\n';

const [view, app] = [await bundle('view.ts'), await bundle('app.ts')];
const files = {
  'view.generated.js': HEAD + line('VIEW_SCRIPT', view.script) + line('VIEW_STYLE', view.style),
  'app.generated.js': HEAD + line('APP_SCRIPT', app.script),
};
for (const [name, text] of Object.entries(files)) {
  const path = join(TARGET, name);
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
    process.stdout.write(`${name}: ${Math.round(text.length / 1024)} KB\n`);
  } else if (readOr(path) !== text) {
    process.stderr.write(`src/insight/report/html/${name} is not what web/report gives. Run: npm run build:report\n`);
    process.exitCode = 1;
  }
}

function readOr(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
