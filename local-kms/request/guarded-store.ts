import type { Store } from '../store/store.ts';

/**
 * A store that checks something in each transaction, before anything is changed in it.
 *
 * Between the moment that a call is allowed and its transaction, another call may take the
 * permission away and be answered. Whoever was told so must not see the first one take effect after.
 *
 * @param check - throws to refuse.
 */
export function guardWrites(store: Store, check: () => void): Store {
  return {
    ...store,
    write: (action) =>
      store.write((transaction) => {
        check();
        return action(transaction);
      }),
  };
}
