export { renderApp } from './render-app.ts';
export { REPORT_MARK, renderHtml } from './render-html.ts';
