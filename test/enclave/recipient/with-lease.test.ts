import { describe, expect, it } from 'vitest';
import type { RecipientKeyRing, RecipientLease } from '../../../enclave/recipient/index.ts';
import { withLease } from '../../../enclave/recipient/index.ts';

const AGED = new Error('aged');
const explainedByAge = (error: unknown) => error === AGED;

/** A ring that writes down what is asked of it. */
function create(reused: boolean) {
  const events: string[] = [];
  let made = 0;
  const keyRing = {
    async lease({ fresh = false } = {}) {
      const number = ++made;
      events.push(fresh ? `fresh lease ${number}` : `lease ${number}`);
      const lease: Partial<RecipientLease> = {
        reused: reused && !fresh,
        release: () => void events.push(`release ${number}`),
      };
      return lease;
    },
  } as RecipientKeyRing;
  return { keyRing, events };
}

describe('a call with a lease', () => {
  it('gives its result and ends the lease', async () => {
    const { keyRing, events } = create(true);
    expect(await withLease(keyRing, async () => 5, explainedByAge)).toBe(5);
    expect(events).toEqual(['lease 1', 'release 1']);
  });

  it('is made again with a fresh document when the age of a reused one explains its end', async () => {
    const { keyRing, events } = create(true);
    const call = async (lease: RecipientLease) => {
      events.push('call');
      if (lease.reused) throw AGED;
      return 5;
    };
    expect(await withLease(keyRing, call, explainedByAge)).toBe(5);
    expect(events).toEqual(['lease 1', 'call', 'release 1', 'fresh lease 2', 'call', 'release 2']);
  });

  it('is made twice at most', async () => {
    const { keyRing, events } = create(true);
    await expect(withLease(keyRing, () => Promise.reject(AGED), explainedByAge)).rejects.toBe(AGED);
    expect(events).toEqual(['lease 1', 'release 1', 'fresh lease 2', 'release 2']);
  });

  it.each([
    ['its document was made for it', false, AGED],
    ['it ended for another reason', true, new Error('other')],
  ])('is not made again when %s', async (_why, reused, error) => {
    const { keyRing, events } = create(reused);
    await expect(withLease(keyRing, () => Promise.reject(error), explainedByAge)).rejects.toBe(
      error,
    );
    expect(events).toEqual(['lease 1', 'release 1']);
  });
});
