// Numbers for people, as core/base/units.cpp writes them.

const scales: Record<string, [limit: number, name: string][]> = {
  ns: [
    [6e10, 'min'],
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'us'],
    [1, 'ns'],
  ],
  B: [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
    [1, 'B'],
  ],
};

function digits(value: number): string {
  if (value === 0) return '0';
  return String(Number(value.toPrecision(4)));
}

export function quantity(value: number, unit: string): string {
  const scale = scales[unit]?.find(([limit]) => Math.abs(value) >= limit);
  if (scale) return `${digits(value / scale[0])} ${scale[1]}`;
  return unit === 'count' || unit === 'ratio' || unit === ''
    ? digits(value)
    : `${digits(value)} ${unit}`;
}

export function percent(fraction: number): string {
  const value = fraction * 100;
  const shown = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
  return `${value > 0 ? '+' : ''}${shown} %`;
}
