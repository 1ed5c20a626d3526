// Values over commits with the places where they changed for good.
import { chart, cursor, extent, ticks, type Spot } from './chart';
import type { History } from './data';
import { svg } from './dom';
import { quantity } from './units';

export function historyPlot(history: History): HTMLElement | null {
  const { points } = history;
  if (points.length < 2) return null;
  const range = extent(points.map((each) => each.value));
  const into = chart({
    title: `History: ${history.name} ${history.metric}`,
    height: 240,
    x: {
      range: [0.5, points.length + 0.5],
      marks: ticks(1, points.length, 10).filter((each) => Number.isInteger(each) && each >= 1),
      text: String,
      title: 'commit measured',
    },
    y: {
      range,
      marks: ticks(range[0], range[1], 5),
      text: (value) => quantity(value, history.unit),
    },
  });
  for (const index of history.changes) {
    const x = into.x(index + 0.5);
    into.plot.append(
      svg('line', { x1: x, x2: x, y1: into.top, y2: into.bottom, class: 'change' }),
    );
  }
  const spots: Spot[] = points.map((point, index) => ({
    x: into.x(index + 1),
    y: into.y(point.value),
    text:
      `${point.label}: ${quantity(point.value, history.unit)}` +
      (history.changes.includes(index) ? ', a change begins here' : ''),
  }));
  into.plot.append(
    svg('polyline', {
      points: spots.map((spot) => `${spot.x},${spot.y}`).join(' '),
      class: 'path',
    }),
    ...spots.map((spot) => svg('circle', { cx: spot.x, cy: spot.y, r: 3, class: 'dot' })),
  );
  cursor(into, spots, 'Vertical lines: from here on the values lie elsewhere.');
  return into.figure;
}
