// Each pair's difference, the interval as it ran, and where it was decided.
import { chart, cursor, extent, ticks, type Chart, type Spot } from './chart';
import type { Series } from './data';
import { svg } from './dom';
import { percent, quantity } from './units';

function spotText(series: Series, index: number): string {
  const pair = index + 1;
  const change = series.change[index];
  const sides = `${quantity(series.base[index] ?? 0, series.unit)} \u2192 ${quantity(
    series.head[index] ?? 0,
    series.unit,
  )}`;
  const first = series.headFirst.includes(pair) ? 'head' : 'base';
  const disturbed = series.disturbed.includes(pair) ? ', disturbed' : '';
  const shown = change === null || change === undefined ? 'no ratio' : percent(change);
  return `Pair ${pair}: ${shown} (${sides}), ${first} ran first${disturbed}`;
}

/** What a limit that is not there looks like: the edge of the plot. */
function bounded(value: number | null, edge: number): number {
  return value === null || !Number.isFinite(value) ? edge : value;
}

function drawRunning(into: Chart, series: Series, range: [number, number]): void {
  if (series.running.length === 0) return;
  const clamp = (value: number): number => Math.min(Math.max(value, range[0]), range[1]);
  const upper: string[] = [];
  const lower: string[] = [];
  series.running.forEach(([pairs, low, high], index) => {
    const from = into.x(pairs);
    const next = series.running[index + 1]?.[0];
    const until = next === undefined ? into.right : into.x(next); // what was decided on is seen too
    const top = into.y(clamp(bounded(high, range[1])));
    const bottom = into.y(clamp(bounded(low, range[0])));
    upper.push(`${from},${top}`, `${until},${top}`);
    lower.unshift(`${until},${bottom}`, `${from},${bottom}`);
  });
  into.plot.append(
    svg('polygon', { points: [...upper, ...lower].join(' '), class: 'band' }),
    svg('polyline', { points: upper.join(' '), class: 'band-edge' }),
    svg('polyline', { points: lower.join(' '), class: 'band-edge' }),
  );
}

function line(into: Chart, at: number, kind: 'zero' | 'threshold', text: string): void {
  const y = into.y(at);
  const below = kind === 'zero' ? 13 : -4; // apart also where the threshold is small
  into.plot.append(
    svg('line', { x1: into.left, x2: into.right, y1: y, y2: y, class: kind }),
    svg('text', { x: into.left + 4, y: y + below, class: `mark ${kind}` }, text),
  );
}

/** The words stand above the plot, where no pair lies. */
function moment(into: Chart, pair: number, text: string, side: 'middle' | 'end'): void {
  const x = into.x(pair);
  into.plot.append(
    svg('line', { x1: x, x2: x, y1: into.top - 4, y2: into.bottom, class: 'moment' }),
    svg('text', { x, y: into.top - 8, class: `mark ${side}` }, text),
  );
}

function drawPair(into: Chart, series: Series, index: number, spots: Spot[]): void {
  const change = series.change[index];
  if (change === null || change === undefined) return;
  const pair = index + 1;
  const x = into.x(pair);
  const y = into.y(change);
  if (series.disturbed.includes(pair)) {
    const path = `M${x - 4},${y - 4}l8,8m0,-8l-8,8`;
    into.plot.append(svg('path', { d: path, class: 'dot disturbed' }));
  } else if (series.headFirst.includes(pair)) {
    into.plot.append(svg('circle', { cx: x, cy: y, r: 3.5, class: 'dot open' }));
  } else {
    into.plot.append(svg('circle', { cx: x, cy: y, r: 3.5, class: 'dot' }));
  }
  spots.push({ x, y, text: spotText(series, index) });
}

/** Nothing when no pair has a difference. */
export function pairsPlot(series: Series): HTMLElement | null {
  const changes = series.change.filter((each): each is number => each !== null);
  if (changes.length === 0) return null;
  const last = series.running[series.running.length - 1];
  const limits = last ? [last[1], last[2]].filter((each): each is number => each !== null) : [];
  const range = extent([...changes, ...limits, 0, series.threshold]);
  const count = series.change.length;
  const into = chart({
    title: `Difference of each pair: ${series.name} ${series.metric}`,
    height: 260,
    x: {
      range: [0.5, count + 0.5],
      marks: ticks(1, count, 10).filter((each) => Number.isInteger(each) && each >= 1),
      text: String,
      title: 'pair',
    },
    y: { range, marks: ticks(range[0], range[1], 6), text: percent },
  });
  drawRunning(into, series, range);
  line(into, 0, 'zero', 'no change');
  line(into, series.threshold, 'threshold', `threshold ${percent(series.threshold)}`);
  if (series.confirmFrom > 0) moment(into, series.confirmFrom - 0.5, 'fresh pairs', 'middle');
  moment(into, count, series.decision, 'end');
  const spots: Spot[] = [];
  for (let index = 0; index < count; ++index) drawPair(into, series, index, spots);
  cursor(
    into,
    spots,
    'Above zero is slower or worse. Filled: base ran first; ring: head first; cross: disturbed.' +
      (series.running.length > 0 ? ' Band: what was known after so many pairs.' : ''),
  );
  return into.figure;
}
