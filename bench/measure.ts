import { performance } from 'node:perf_hooks';

/** One thing that is timed: does its work `count` times. */
export interface BenchCase {
  readonly name: string;
  readonly run: (count: number) => Promise<void> | void;
  /** Done by another process, whose CPU time is not seen here. */
  readonly elsewhere?: true;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds for one, in the best window: the cost on a quiet machine. */
  readonly wallMs: number;
  /**
   * Milliseconds of user and system time for one, median of the windows: survives neighbours best.
   * Not a number for what another process does.
   */
  readonly cpuMs: number;
}

const WINDOW_MS = 60;

/**
 * Times cases round-robin in short windows, so that a noisy moment hits all of them alike.
 *
 * @param rounds - windows for each case.
 */
export async function measure(
  cases: readonly BenchCase[],
  rounds: number,
): Promise<readonly Timing[]> {
  const windows = new Map<string, { wall: number; cpu: number }[]>();
  const counts = new Map<string, number>();
  for (const { name, run } of cases) {
    await run(2);
    const start = performance.now();
    await run(2);
    const each = (performance.now() - start) / 2;
    counts.set(name, Math.max(2, Math.ceil(WINDOW_MS / each)));
    windows.set(name, []);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of cases) {
      const count = counts.get(name) as number;
      const cpuStart = process.cpuUsage();
      const start = performance.now();
      await run(count);
      const wall = (performance.now() - start) / count;
      const { user, system } = process.cpuUsage(cpuStart);
      windows.get(name)?.push({ wall, cpu: (user + system) / 1000 / count });
    }
  }
  return cases.map(({ name, elsewhere }) => {
    const list = windows.get(name) as { wall: number; cpu: number }[];
    return {
      name,
      wallMs: Math.min(...list.map(({ wall }) => wall)),
      cpuMs: elsewhere ? Number.NaN : median(list.map(({ cpu }) => cpu)),
    };
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
