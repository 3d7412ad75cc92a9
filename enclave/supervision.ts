import type { Readiness } from './readiness.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
const CLOCK_EVERY_MS = 300_000;
const CREDENTIALS_EVERY_MS = 60_000;

export interface SupervisionOptions {
  readonly readiness: Pick<Readiness, 'check'>;
  readonly credentials: () => Promise<void>;
  readonly selfTest: () => Promise<void>;
  /** How long a self-test that succeeded is good for, at most; undefined if for ever. */
  readonly selfTestEveryMs: number | undefined;
  readonly clock: () => Promise<void>;
  /** From 0 up to 1. It need not be unpredictable. */
  readonly random: () => number;
}

/** What goes on while an enclave is up. */
export interface Supervision {
  /** Resolves to true once the parent and KMS have done their part; to false if stopped before. */
  readonly ready: Promise<boolean>;
  stop(): void;
}

/**
 * Tries until the parent has served credentials and KMS has answered the self-test, with growing
 * pauses; after half to all of `selfTestEveryMs`, at random, it does so again. Meanwhile it looks at
 * credentials each minute, which renews them as well, and at the clock every five minutes.
 */
export function supervise(options: SupervisionOptions): Supervision {
  const { readiness, credentials, selfTest, selfTestEveryMs, clock, random } = options;
  const stopping = new AbortController();
  const jittered = (milliseconds: number): number => milliseconds * (0.5 + random() / 2);
  const succeed = async (): Promise<boolean> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const good =
        (await readiness.check('credentials', credentials)) &&
        (await readiness.check('self-test', selfTest));
      if (good) return !stopping.signal.aborted;
      await pause(jittered(pauseMs), { over: stopping.signal });
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
    return false;
  };
  const repeat = async (everyMs: number): Promise<void> => {
    let good = await ready;
    while (good) {
      await pause(jittered(everyMs), { over: stopping.signal, unref: true });
      good = await succeed();
    }
  };
  const ready = succeed();
  if (selfTestEveryMs !== undefined) void repeat(selfTestEveryMs);
  const timers = [
    setInterval(() => readiness.check('clock', clock), CLOCK_EVERY_MS),
    setInterval(() => readiness.check('credentials', credentials), CREDENTIALS_EVERY_MS),
  ];
  for (const timer of timers) timer.unref();
  return {
    ready,
    stop() {
      stopping.abort();
      for (const timer of timers) clearInterval(timer);
    },
  };
}

/** Resolves after `milliseconds`, or at once when `over` is aborted. */
function pause(
  milliseconds: number,
  { over, unref = false }: { readonly over: AbortSignal; readonly unref?: boolean },
): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      over.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (unref) timer.unref();
    over.addEventListener('abort', end);
    if (over.aborted) end();
  });
}
