import './report.css';
import type { ReportModel } from '../../src/insight/report/model/report-model.ts';
import { goTo, type MountedReport, mountReport } from './mount-report.ts';

/** What the script of the view leaves on the page for whoever puts a report into it later. */
declare global {
  var headgateReport: { readonly mount: typeof mountReport };
}

globalThis.headgateReport = { mount: mountReport };

const mounted: MountedReport[] = [];
for (const root of document.querySelectorAll<HTMLElement>('[data-model]')) {
  const json = document.getElementById(root.dataset.model ?? '')?.textContent;
  if (json) mounted.push(mountReport(root, JSON.parse(json) as ReportModel, root.dataset.prefix ?? ''));
}

// Pages of several reports have tables of their own.
followLinks();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const report of mounted) report.refresh();
});
// Paper is white.
addEventListener('beforeprint', () => inScheme('light'));
addEventListener('afterprint', () => inScheme(''));

function inScheme(scheme: string): void {
  document.documentElement.style.colorScheme = scheme;
  for (const report of mounted) {
    report.refresh();
    report.drawAll();
  }
}

/** Links into the page open what they lead to; so does the address of the page itself. */
function followLinks(): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href^="#"]') : null;
    if (link === null) return;
    event.preventDefault();
    const id = decodeURIComponent(link.hash.slice(1));
    // A frame that a host wrote has no address of its own to keep.
    if (location.protocol !== 'about:') history.replaceState(null, '', link.hash);
    goTo(id);
  });
  if (location.hash !== '') goTo(decodeURIComponent(location.hash.slice(1)));
}
