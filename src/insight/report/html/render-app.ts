import { APP_SCRIPT } from './app.generated.js';
import { renderPage } from './page.ts';
import { VIEW_SCRIPT, VIEW_STYLE } from './view.generated.js';

/** The page that a chat client frames: it asks its host for the report of the application that the tool was called about. */
export function renderApp(): string {
  return renderPage({
    title: 'Headgate report',
    style: VIEW_STYLE,
    body: '<main class="report" id="report"><p class="waiting" role="status">Reading the report…</p></main>',
    scripts: [VIEW_SCRIPT, APP_SCRIPT],
    json: {},
    policy: 'host',
  });
}
