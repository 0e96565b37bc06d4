import {
  App,
  applyDocumentTheme,
  applyHostStyleVariables,
  type McpUiHostContext,
} from '@modelcontextprotocol/ext-apps';
import { escapeHtml } from '../../src/insight/report/html/markup.ts';
import { renderBody } from '../../src/insight/report/html/render-body.ts';
import type { ReportModel } from '../../src/insight/report/model/report-model.ts';
import type { MountedReport } from './mount-report.ts';

/** The tool that gives a view what it shows; models do not see it. */
const VIEW_TOOL = 'get_report_view';

const root = document.getElementById('report') as HTMLElement;
let report: MountedReport | null = null;

const app = new App(
  { name: 'headgate-report', title: 'Headgate report', version: '1' },
  { availableDisplayModes: ['inline', 'fullscreen'] },
);

app.addEventListener('toolinput', ({ arguments: asked = {} }) => {
  void showReport(asked);
});
app.addEventListener('toolcancelled', () => say('The call was cancelled.'));
app.addEventListener('hostcontextchanged', follow);
app.onteardown = async () => {
  report?.dispose();
  return {};
};
// What a link leads to may be behind the button.
root.addEventListener('click', ({ target }) => {
  if (target instanceof Element && target.closest('a[href^="#"]') !== null) root.classList.add('whole');
});
void app.connect().then(() => follow(app.getHostContext() ?? {}));

/** Asks the server for the report of the application that the tool was called about. */
async function showReport(asked: Record<string, unknown>): Promise<void> {
  const { app_id, server, app_attempt_id } = asked;
  try {
    const { isError, structuredContent, content } = await app.callServerTool({
      name: VIEW_TOOL,
      arguments: withoutAbsent({ app_id, server, app_attempt_id }),
    });
    const model = (structuredContent as { report?: ReportModel } | undefined)?.report;
    if (isError === true || model?.format !== 1) say(textOf(content) || 'The server sent no report.');
    else place(model);
  } catch (error) {
    say(`The report could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function withoutAbsent(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function textOf(content: ReadonlyArray<{ type: string; text?: string }>): string {
  return content.map(({ text = '' }) => text).join('\n');
}

function place(model: ReportModel): void {
  report?.dispose();
  root.innerHTML = renderBody(model);
  addMore();
  report = globalThis.headgateReport.mount(root, model, '');
}

function say(text: string): void {
  root.innerHTML = `<p class="waiting" role="status">${escapeHtml(text)}</p>`;
}

/** A chat has little room: the views come when they are asked for, on a page of their own where the host has one. */
function addMore(): void {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'more';
  button.textContent = 'Show everything: timeline, stages, tasks, executors, plans';
  button.addEventListener('click', async () => {
    root.classList.add('whole');
    const modes = app.getHostContext()?.availableDisplayModes ?? [];
    if (modes.includes('fullscreen')) await app.requestDisplayMode({ mode: 'fullscreen' });
  });
  root.append(button);
}

/** Takes over theme, fonts, display mode and safe areas of the host. */
function follow(context: McpUiHostContext): void {
  const { theme, styles, displayMode, safeAreaInsets } = context;
  if (theme !== undefined) applyDocumentTheme(theme);
  if (styles?.variables !== undefined) applyHostStyleVariables(styles.variables);
  if (displayMode !== undefined) document.body.dataset.display = displayMode;
  if (safeAreaInsets !== undefined) {
    const { top, right, bottom, left } = safeAreaInsets;
    document.body.style.padding = `${top}px ${right}px ${bottom}px ${left}px`;
  }
  report?.refresh();
}
