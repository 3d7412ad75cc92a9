const SECOND = 1000;
const UNITS = [
  ['y', 365 * 86_400 * SECOND],
  ['d', 86_400 * SECOND],
  ['h', 3600 * SECOND],
  ['min', 60 * SECOND],
  ['s', SECOND],
] as const;

/** For example 2024-10-28 18:54:16 UTC. */
export function formatTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, -5).replace('T', ' ')} UTC`;
}

/** The two largest units: 30 y 7 d, 3 h 3 s. */
export function formatDuration(milliseconds: number): string {
  const parts: string[] = [];
  let rest = Math.abs(milliseconds);
  for (const [name, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.length === 0 ? 'less than 1 s' : parts.slice(0, 2).join(' ');
}
