import { createMemo } from '../../shared/memo.ts';

/** What reads have given since the last write. */
export interface ReadCache {
  /** The value of that name, read if it is not remembered. */
  read<T>(name: string, read: () => T): T;
  /** Has a write go on. Until it has ended every read is a new one; then nothing is remembered. */
  write<T>(write: () => Promise<T>): Promise<T>;
}

/**
 * Spares most reads of a store that is read much more than written. It is right for a store that
 * nobody else writes to, since it remembers nothing across a write, whatever that changes.
 *
 * @param capacity - how many values are remembered.
 */
export function createReadCache(capacity: number): ReadCache {
  let writes = 0;
  let remembered = createMemo<string, { readonly value: unknown }>(capacity);
  return {
    read<T>(name: string, read: () => T): T {
      if (writes > 0) return read();
      return remembered(name, () => ({ value: read() })).value as T;
    },
    async write(write) {
      writes += 1;
      try {
        return await write();
      } finally {
        writes -= 1;
        remembered = createMemo(capacity);
      }
    },
  };
}
