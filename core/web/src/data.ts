// What the page carries for the plots: core/report/html_data.cpp writes it. Texts in it are clean,
// and are shown as text only.

/** After so many pairs: the interval of the change, as fractions; null where there is no limit. */
export type Running = [pairs: number, low: number | null, high: number | null];

export interface Series {
  row: number; // of which row of the report
  name: string;
  metric: string;
  unit: string;
  threshold: number;
  /** Change of each pair as a fraction, positive = worse; null where there is none. */
  change: (number | null)[];
  base: number[];
  head: number[];
  headFirst: number[]; // pairs, from 1
  disturbed: number[]; // pairs, from 1
  running: Running[];
  confirmFrom: number; // the first fresh pair; 0: none
  decision: string;
}

export interface HistoryPoint {
  label: string; // the commit, or the run
  value: number;
}

export interface History {
  name: string;
  metric: string;
  unit: string;
  points: HistoryPoint[];
  changes: number[]; // indices of the first points after a change
}

export interface PlotData {
  series: Series[];
  history: History[];
}

export function plotData(): PlotData {
  const none: PlotData = { series: [], history: [] };
  const text = document.getElementById('plot-data')?.textContent;
  if (!text) return none;
  try {
    return { ...none, ...(JSON.parse(text) as Partial<PlotData>) };
  } catch {
    return none; // a page without plots is still a report
  }
}
