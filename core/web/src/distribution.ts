// The values of base and head on one axis: every value a dot, a box from the lower to the upper
// quartile, a line at the median.
import { chart, cursor, extent, ticks, type Chart, type Spot } from './chart';
import type { Series } from './data';
import { svg } from './dom';
import { quantity } from './units';

const kRow = 58;
const kDotsMax = 400; // of a side; of more values every second, third ... is drawn

/** Of sorted values; interpolated. */
function quantile(sorted: number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

interface Side {
  word: 'base' | 'head';
  values: number[];
}

function drawSide(into: Chart, side: Side, row: number, unit: string): Spot[] {
  const middle = into.top + kRow * (row + 0.5);
  const sorted = [...side.values].sort((a, b) => a - b);
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => quantile(sorted, part)) as [
    number,
    number,
    number,
  ];
  into.plot.append(
    svg('text', { x: into.left - 6, y: middle + 4, class: `mark end ${side.word}` }, side.word),
    svg('rect', {
      x: into.x(low),
      y: middle - 18,
      width: Math.max(1, into.x(high) - into.x(low)),
      height: 36,
      class: `box ${side.word}`,
    }),
  );
  const every = Math.ceil(sorted.length / kDotsMax);
  const drawn = sorted.filter((_, index) => index % every === 0);
  const spots = drawn.map((value, index) => {
    // Neighbours lie apart, and always in the same place.
    const y = middle + (((index * 7) % 11) - 5) * 2.6;
    const x = into.x(value);
    into.plot.append(svg('circle', { cx: x, cy: y, r: 3, class: `value ${side.word}` }));
    return { x, y, text: `${side.word}: ${quantity(value, unit)}` };
  });
  const x = into.x(median);
  into.plot.append(
    svg('line', { x1: x, x2: x, y1: middle - 22, y2: middle + 22, class: `median ${side.word}` }),
  );
  return spots;
}

/** Nothing when a side has no value. */
export function distributionPlot(series: Series): HTMLElement | null {
  if (series.base.length === 0 || series.head.length === 0) return null;
  const range = extent([...series.base, ...series.head]);
  const into = chart({
    title: `Values of both sides: ${series.name} ${series.metric}`,
    height: 2 * kRow + 50,
    x: {
      range,
      marks: ticks(range[0], range[1], 5),
      text: (value) => quantity(value, series.unit),
    },
  });
  const spots = [
    ...drawSide(into, { word: 'base', values: series.base }, 0, series.unit),
    ...drawSide(into, { word: 'head', values: series.head }, 1, series.unit),
  ];
  cursor(into, spots, 'Each dot is a value; the box holds the middle half, the line is the median.');
  return into.figure;
}
