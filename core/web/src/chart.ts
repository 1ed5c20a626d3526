// The frame of a plot: scales, axes, and a cursor that the pointer and the arrow keys move. Plots
// are SVG, so that they follow the colour scheme and print at any size.
import { element, svg } from './dom';

export const kWidth = 520;
const kLeft = 76;
const kRight = 12;
const kTop = 24;
const kBottom = 34;

export type Scale = (value: number) => number;

export function linear(from: [number, number], to: [number, number]): Scale {
  const span = from[1] - from[0] || 1;
  return (value) => to[0] + ((value - from[0]) / span) * (to[1] - to[0]);
}

/** Round numbers from `low` to `high`, about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const found: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; ++at) found.push(at * step);
  return found;
}

/** [lowest, highest] with a margin, never empty. */
export function extent(values: number[], margin = 0.08): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const room = high === low ? Math.abs(high) * 0.05 || 1 : (high - low) * margin;
  return [low - room, high + room];
}

export interface Axis {
  range: [number, number];
  marks: number[];
  text: (value: number) => string;
  title?: string;
}

export interface Chart {
  figure: HTMLElement;
  plot: SVGSVGElement;
  x: Scale;
  y: Scale;
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export interface ChartOptions {
  title: string; // what the plot shows, also for those who do not see it
  height: number;
  x: Axis;
  y?: Axis;
}

export function chart(options: ChartOptions): Chart {
  const { height } = options;
  const box = { left: kLeft, right: kWidth - kRight, top: kTop, bottom: height - kBottom };
  const x = linear(options.x.range, [box.left, box.right]);
  const y = options.y ? linear(options.y.range, [box.bottom, box.top]) : (value: number) => value;
  const plot = svg('svg', {
    viewBox: `0 0 ${kWidth} ${height}`,
    role: 'img',
    tabindex: 0,
    'aria-label': options.title,
    class: 'plot',
  });
  for (const mark of options.x.marks) {
    const at = x(mark);
    plot.append(
      svg('line', { x1: at, x2: at, y1: box.bottom, y2: box.bottom + 4, class: 'axis' }),
      svg('text', { x: at, y: box.bottom + 16, class: 'mark middle' }, options.x.text(mark)),
    );
  }
  for (const mark of options.y?.marks ?? []) {
    const at = y(mark);
    plot.append(
      svg('line', { x1: box.left, x2: box.right, y1: at, y2: at, class: 'grid' }),
      svg('text', { x: box.left - 6, y: at + 4, class: 'mark end' }, options.y?.text(mark) ?? ''),
    );
  }
  plot.append(
    svg('line', { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom, class: 'axis' }),
  );
  if (options.x.title)
    plot.append(
      svg('text', { x: box.right, y: height - 4, class: 'mark end' }, options.x.title),
    );
  const figure = element('figure', { class: 'chart' });
  figure.append(element('figcaption', {}, options.title), plot);
  return { figure, plot, x, y, ...box };
}

/** A point that the cursor may stand on, and what is said of it. */
export interface Spot {
  x: number;
  y: number;
  text: string;
}

/** Lets pointer and arrow keys choose among `spots`, which lie from left to right. */
export function cursor(where: Chart, spots: Spot[], legend: string): void {
  const ring = svg('circle', { r: 7, class: 'cursor', cx: -20, cy: -20 });
  const said = element('p', { class: 'said', 'aria-live': 'polite' }, legend);
  where.plot.append(ring);
  where.figure.append(said);
  let chosen = -1;
  const choose = (index: number): void => {
    const spot = spots[index];
    if (!spot) return;
    chosen = index;
    ring.setAttribute('cx', String(spot.x));
    ring.setAttribute('cy', String(spot.y));
    said.textContent = spot.text;
  };
  where.plot.addEventListener('pointermove', (event) => {
    const area = where.plot.getBoundingClientRect();
    const scale = kWidth / (area.width || 1);
    const px = (event.clientX - area.left) * scale;
    const py = (event.clientY - area.top) * scale;
    let best = -1;
    let distance = Infinity;
    spots.forEach((spot, index) => {
      const found = (spot.x - px) ** 2 + ((spot.y - py) / 4) ** 2;
      if (found < distance) [best, distance] = [index, found];
    });
    choose(best);
  });
  where.plot.addEventListener('keydown', (event) => {
    const last = spots.length - 1;
    const next: Record<string, number> = {
      ArrowRight: Math.min(last, chosen + 1),
      ArrowLeft: Math.max(0, chosen - 1),
      Home: 0,
      End: last,
    };
    const index = next[event.key];
    if (index === undefined) return;
    event.preventDefault();
    choose(index);
  });
}
