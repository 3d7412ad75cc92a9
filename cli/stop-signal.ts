/**
 * Runs something with a signal that is aborted by Ctrl-C or SIGTERM.
 *
 * Each handler serves once, so a second Ctrl-C ends a stop that takes too long.
 */
export async function withStopSignal<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await run(stopped.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
