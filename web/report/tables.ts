/** Makes the heads of a table buttons that sort it: by `data-by` where a cell has it, else by its text. */
export function makeSortable(table: HTMLTableElement): void {
  const [body] = table.tBodies;
  if (body === undefined) return;
  for (const [column, head] of [...table.querySelectorAll('th')].entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const descending = head.getAttribute('aria-sort') === 'ascending';
      for (const other of table.querySelectorAll('th')) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      const sign = descending ? -1 : 1;
      body.append(...[...body.rows].sort((a, b) => sign * compareCells(a.cells[column], b.cells[column])));
    });
  }
}

function compareCells(a: HTMLTableCellElement | undefined, b: HTMLTableCellElement | undefined): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== null && y !== null) return x - y;
  return (a?.textContent ?? '').localeCompare(b?.textContent ?? '', 'en', { numeric: true });
}

function numberOf(cell: HTMLTableCellElement | undefined): number | null {
  const by = cell?.dataset.by ?? (cell?.classList.contains('n') ? cell.textContent?.replaceAll(',', '') : undefined);
  const value = Number(by);
  return by === undefined || by === '' || !Number.isFinite(value) ? null : value;
}

/** A field that hides the rows without its text, and says how many are left. Returns what shows every row again. */
export function makeFilter(place: HTMLElement, table: HTMLTableElement): () => void {
  const [body] = table.tBodies;
  const label = document.createElement('label');
  const field = document.createElement('input');
  const count = document.createElement('output');
  field.type = 'search';
  field.placeholder = 'line of code, status, number…';
  label.append('Show stages with ', field);
  place.replaceChildren(label, count);
  place.hidden = false;
  const apply = () => {
    const wanted = field.value.trim().toLowerCase();
    const rows = [...(body?.rows ?? [])];
    for (const row of rows) row.hidden = !(row.textContent ?? '').toLowerCase().includes(wanted);
    const left = rows.filter((row) => !row.hidden).length;
    count.textContent = wanted === '' ? '' : `${left} of ${rows.length}`;
  };
  field.addEventListener('input', apply);
  return () => {
    field.value = '';
    apply();
  };
}
