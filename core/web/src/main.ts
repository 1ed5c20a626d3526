// Adds to a page that is whole without it: plots, search and pages of long tables, downloads.
import { plotData, type Series } from './data';
import { distributionPlot } from './distribution';
import { element } from './dom';
import { addExports } from './export';
import { historyPlot } from './history';
import { pairsPlot } from './pairs';
import './report.css';
import { PagedTable } from './table';

function plotsOf(series: Series): HTMLElement[] {
  return [pairsPlot(series), distributionPlot(series)].filter(
    (each): each is HTMLElement => each !== null,
  );
}

/** A button in the row that shows its plots below it; they are drawn when they are asked for. */
function addPlotButton(row: HTMLTableRowElement, series: Series): void {
  const place = row.cells[0];
  if (!place) return;
  const button = element(
    'button',
    { type: 'button', class: 'show-plots', 'aria-expanded': 'false' },
    'plots',
  );
  button.addEventListener('click', () => {
    const isOpen = button.getAttribute('aria-expanded') === 'true';
    button.setAttribute('aria-expanded', String(!isOpen));
    if (isOpen) {
      if (row.nextElementSibling?.classList.contains('plots-row')) row.nextElementSibling.remove();
      return;
    }
    const cell = element('td', { colspan: row.cells.length, class: 'plots' }, ...plotsOf(series));
    row.after(element('tr', { class: 'plots-row' }, cell));
  });
  place.insertBefore(button, place.querySelector('.note'));
  button.before(' ');
}

function start(): void {
  const data = plotData();
  const byRow = new Map(data.series.map((series) => [series.row, series]));
  for (const place of document.querySelectorAll<HTMLElement>('.finding[data-row]')) {
    const series = byRow.get(Number(place.dataset['row']));
    if (series) place.append(element('div', { class: 'plots' }, ...plotsOf(series)));
  }

  const tables: PagedTable[] = [];
  for (const table of document.querySelectorAll<HTMLTableElement>('table.paged')) {
    // Before buttons are in the rows: their words are not what people search for.
    tables.push(new PagedTable(table));
    for (const row of table.querySelectorAll<HTMLTableRowElement>('tr[data-row]')) {
      const series = byRow.get(Number(row.dataset['row']));
      if (series) addPlotButton(row, series);
    }
  }

  const history = document.getElementById('history-plots');
  for (const each of data.history) {
    const plot = historyPlot(each);
    if (plot) history?.append(plot);
  }

  const exports = document.getElementById('exports');
  if (exports) addExports(exports, data.series);

  const goToHash = (): void => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let at: HTMLElement | null = target; at; at = at.parentElement)
      if (at instanceof HTMLDetailsElement) at.open = true;
    for (const table of tables) table.reveal(target);
    target.scrollIntoView();
  };
  addEventListener('hashchange', goToHash);
  if (location.hash) goToHash();

  const opened: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    for (const table of tables) table.showAll();
    for (const each of document.querySelectorAll<HTMLDetailsElement>('details:not([open])')) {
      each.open = true;
      opened.push(each);
    }
  });
  addEventListener('afterprint', () => {
    for (const table of tables) table.show();
    for (const each of opened.splice(0)) each.open = false;
  });
}

start();
