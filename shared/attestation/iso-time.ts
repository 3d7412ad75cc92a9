/** ISO 8601 to the millisecond, as reports have it. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
