import { UsageError } from './command.ts';

/** Milliseconds since the Unix epoch, from ISO 8601 with a time of day. */
export function parseTime(flag: string, text: string): number {
  const time = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(time)) {
    throw new UsageError(`${flag}: expected ISO 8601, got ${text}`);
  }
  return time;
}
