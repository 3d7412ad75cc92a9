import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Haystack } from '../leak-search.ts';

/** Whether this process may read the memory of processes that it started (ptrace(2), access modes). */
export const canReadMemory = mayRead();

/** All writable memory of a process, region by region: Linux's proc(5). */
export function memoryOf(pid: number): readonly Haystack[] {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    const regions = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
    return regions.flatMap((region) => {
      const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(region) ?? [];
      const bytes = from === '' ? undefined : readRegion(memory, from, to);
      return bytes === undefined ? [] : [{ name: `memory at ${region}`, bytes }];
    });
  } finally {
    closeSync(memory);
  }
}

function readRegion(memory: number, from: string, to: string): Uint8Array | undefined {
  const bytes = Buffer.alloc(Number.parseInt(to, 16) - Number.parseInt(from, 16));
  try {
    const length = readSync(memory, bytes, 0, bytes.length, BigInt(`0x${from}`));
    return bytes.subarray(0, length);
  } catch {
    // Regions of the kernel or of devices.
    return undefined;
  }
}

function mayRead(): boolean {
  try {
    return process.platform === 'linux' && memoryOf(process.pid).length > 0;
  } catch {
    return false;
  }
}
