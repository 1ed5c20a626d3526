// The raw data as files, made in the page: nothing is asked of anybody.
import type { Series } from './data';
import { element } from './dom';

function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = element('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A cell that no spreadsheet takes for a formula. */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : `${value}`;
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function pairsCsv(all: Series[]): string {
  const lines = ['benchmark,metric,unit,pair,base,head,change,first,disturbed'];
  for (const series of all)
    series.change.forEach((change, index) => {
      const pair = index + 1;
      const first = series.headFirst.includes(pair) ? 'head' : 'base';
      const disturbed = series.disturbed.includes(pair) ? 'yes' : 'no';
      const values = [series.base[index] ?? '', series.head[index] ?? '', change ?? ''];
      const cells = [series.name, series.metric, series.unit, pair, ...values, first, disturbed];
      lines.push(cells.map(cell).join(','));
    });
  return `${lines.join('\n')}\n`;
}

function button(text: string, act: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button' }, text);
  made.addEventListener('click', act);
  return made;
}

export function addExports(place: Element, series: Series[]): void {
  // As it stands in the page, not read and written again: large integers stay what they are.
  const report = document.getElementById('report-data')?.textContent;
  if (report)
    place.append(
      button('Download report.json', () => download('report.json', 'application/json', report)),
    );
  const paired = series.filter((each) => each.change.length > 0);
  if (paired.length > 0)
    place.append(
      button('Download pairs.csv', () => download('pairs.csv', 'text/csv', pairsCsv(paired))),
    );
}
