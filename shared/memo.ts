/** Gives what was made for a key before, or makes it. */
export type Memo<K, V> = (key: K, make: () => V) => V;

/**
 * Remembers what was made for the keys that were used last.
 *
 * @param capacity - for how many keys; the one that was unused for longest is forgotten first.
 */
export function createMemo<K, V>(capacity: number): Memo<K, V> {
  const made = new Map<K, V>();
  return (key, make) => {
    const value = made.get(key) ?? make();
    // To the end: a map keeps its entries in the order in which they came.
    made.delete(key);
    made.set(key, value);
    if (made.size > capacity) made.delete(made.keys().next().value as K);
    return value;
  };
}
