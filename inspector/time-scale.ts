const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

const TICKS = [
  { name: '1 h', distance: HOUR, minor: true },
  { name: '1 d', distance: DAY, minor: false },
  { name: '30 d', distance: 30 * DAY, minor: true },
  { name: '1 y', distance: YEAR, minor: false },
  { name: '10 y', distance: 10 * YEAR, minor: true },
] as const;

/** Room beyond the first and the last time, in the scale's own unit. */
const MARGIN = 0.35;

export interface Tick {
  readonly label: string;
  readonly position: number;
  /** Left out where room is scarce. */
  readonly minor: boolean;
}

export interface TimeScale {
  /** From 0 at the left edge to 1 at the right; times beyond are moved to the edge. */
  position(time: number): number;
  readonly ticks: readonly Tick[];
}

/**
 * Places times by the logarithm of their distance from `origin`, so that a leaf of three hours and
 * a root of thirty years can be read on one line. Within a minute of the origin it is near linear.
 */
export function createTimeScale(origin: number, times: readonly number[]): TimeScale {
  const placed = times.map((time) => logarithmic(time - origin));
  const left = Math.min(0, ...placed) - MARGIN;
  const right = Math.max(0, ...placed) + MARGIN;
  const fraction = (value: number) => (value - left) / (right - left);
  const ticks = TICKS.flatMap(({ name, distance, minor }) => [
    { label: `−${name}`, position: fraction(logarithmic(-distance)), minor },
    { label: `+${name}`, position: fraction(logarithmic(distance)), minor },
  ]);
  return {
    position: (time) => Math.min(1, Math.max(0, fraction(logarithmic(time - origin)))),
    ticks: ticks
      .filter(({ position }) => position > 0 && position < 1)
      .sort((a, b) => a.position - b.position),
  };
}

function logarithmic(distance: number): number {
  return Math.sign(distance) * Math.log10(1 + Math.abs(distance) / MINUTE);
}
