// A long table as pages that can be searched, narrowed and sorted. Rows are hidden, never made anew,
// so that a thousand of them are as fluid as ten.
import { element } from './dom';

const kRowsOnPage = 50;

interface Row {
  row: HTMLTableRowElement;
  text: string;
  word: string;
  name: string;
  change: number;
  place: number;
}

type Order = 'importance' | 'name' | 'change';
const orders: Record<Order, (a: Row, b: Row) => number> = {
  importance: (a, b) => a.place - b.place,
  name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.place - b.place),
  change: (a, b) => b.change - a.change || a.place - b.place,
};

function readRows(body: HTMLTableSectionElement): Row[] {
  return [...body.rows].map((row, place) => {
    const change = Number.parseFloat(row.dataset['change'] ?? '');
    return {
      row,
      text: (row.textContent ?? '').toLowerCase(),
      word: row.dataset['word'] ?? '',
      name: (row.querySelector('.name')?.textContent ?? '').toLowerCase(),
      change: Number.isNaN(change) ? -Infinity : change,
      place,
    };
  });
}

function labelled(text: string, control: HTMLElement): HTMLElement {
  return element('label', {}, text, ' ', control);
}

function choice(values: [value: string, text: string][]): HTMLSelectElement {
  return element(
    'select',
    {},
    ...values.map(([value, text]) => element('option', { value }, text)),
  );
}

export class PagedTable {
  private readonly body: HTMLTableSectionElement;
  private readonly rows: Row[];
  private wanted: Row[] = [];
  private page = 0;
  private readonly search = element('input', { type: 'search', autocomplete: 'off' });
  private readonly word: HTMLSelectElement;
  private readonly order = choice([
    ['importance', 'importance'],
    ['change', 'change, worst first'],
    ['name', 'name'],
  ]);
  private readonly count = element('p', { class: 'count', role: 'status' });
  private readonly back = element('button', { type: 'button' }, 'Previous');
  private readonly next = element('button', { type: 'button' }, 'Next');

  constructor(table: HTMLTableElement) {
    this.body = table.tBodies[0] ?? table.createTBody();
    this.rows = readRows(this.body);
    const words = [...new Set(this.rows.map((each) => each.word))];
    this.word = choice([['', 'all'], ...words.map((word): [string, string] => [word, word])]);
    const controls = element(
      'div',
      { class: 'controls', role: 'search' },
      labelled('Find', this.search),
      labelled('Decision', this.word),
      labelled('Sort by', this.order),
    );
    const pages = element('div', { class: 'pages' }, this.back, this.count, this.next);
    const place = table.parentElement ?? table;
    place.before(controls);
    place.after(pages);
    this.search.addEventListener('input', () => this.select());
    this.word.addEventListener('change', () => this.select());
    this.order.addEventListener('change', () => this.sort());
    this.back.addEventListener('click', () => this.turn(-1));
    this.next.addEventListener('click', () => this.turn(1));
    this.select();
  }

  /** Makes a row visible whatever is selected. */
  reveal(row: HTMLElement): void {
    if (!row.hidden) return;
    this.search.value = '';
    this.word.value = '';
    this.select();
    const index = this.wanted.findIndex((each) => each.row === row);
    if (index < 0) return;
    this.page = Math.floor(index / kRowsOnPage);
    this.show();
  }

  showAll(): void {
    for (const each of this.wanted) each.row.hidden = false;
  }

  show(): void {
    const pages = Math.max(1, Math.ceil(this.wanted.length / kRowsOnPage));
    this.page = Math.min(Math.max(0, this.page), pages - 1);
    const shown = this.wanted.slice(this.page * kRowsOnPage, (this.page + 1) * kRowsOnPage);
    const visible = new Set(shown);
    for (const each of this.rows) each.row.hidden = !visible.has(each);
    // Plots of a row that is out of sight go with it.
    for (const open of this.body.querySelectorAll<HTMLElement>('tr.plots-row')) open.remove();
    for (const button of this.body.querySelectorAll('button[aria-expanded="true"]'))
      button.setAttribute('aria-expanded', 'false');
    const first = this.page * kRowsOnPage + (shown.length > 0 ? 1 : 0);
    const last = this.page * kRowsOnPage + shown.length;
    const all = this.rows.length;
    const found = this.wanted.length;
    this.count.textContent =
      `${first} to ${last} of ${found}` + (found < all ? ` (${all} in all)` : '');
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page === pages - 1;
  }

  private select(): void {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const word = this.word.value;
    this.wanted = this.rows.filter(
      (each) =>
        (word === '' || each.word === word) && words.every((part) => each.text.includes(part)),
    );
    this.page = 0;
    this.show();
  }

  private sort(): void {
    this.rows.sort(orders[this.order.value as Order]);
    this.body.append(...this.rows.map((each) => each.row));
    this.select();
  }

  private turn(pages: number): void {
    this.page += pages;
    this.show();
  }
}
