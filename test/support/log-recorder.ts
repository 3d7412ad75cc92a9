import type { LogFields, Logger, LogLevel } from '../../shared/log.ts';

export interface LogEntry {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

export interface LogRecorder extends Logger {
  readonly entries: readonly LogEntry[];
  /** The first entry with this event, once there is one. */
  next(event: string): Promise<LogEntry>;
}

/** A logger that remembers, and tells who waits for an event. */
export function recordLog(): LogRecorder {
  const entries: LogEntry[] = [];
  const waiting: { event: string; resolve: (entry: LogEntry) => void }[] = [];
  const record =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      const entry = { level, event, fields };
      entries.push(entry);
      for (const one of waiting.filter((waiter) => waiter.event === event)) one.resolve(entry);
    };
  return {
    entries,
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    next: (event) => {
      const there = entries.find((entry) => entry.event === event);
      if (there !== undefined) return Promise.resolve(there);
      return new Promise((resolve) => {
        waiting.push({ event, resolve });
      });
    },
  };
}
