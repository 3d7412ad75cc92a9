import { describe, expect, it } from 'vitest';
import { createRetries } from '../../../enclave/kms/retries.ts';

const failure = new Error('in passing');

function retries() {
  return createRetries({
    random: () => 0,
    pause: async () => undefined,
    classify: () => 'transient',
  });
}

/** Fails so many times, then succeeds. */
function failing(times: number) {
  let attempts = 0;
  return {
    attempts: () => attempts,
    attempt: async () => {
      attempts += 1;
      if (attempts <= times) throw failure;
    },
  };
}

describe('the quota of retries', () => {
  it('ends them when a service fails for all', async () => {
    const withRetries = retries();
    let attempts = 0;
    for (let call = 0; call < 60; call++) {
      const { attempt, attempts: made } = failing(Number.POSITIVE_INFINITY);
      await expect(withRetries(attempt)).rejects.toBe(failure);
      attempts += made();
    }
    // 500 pay for 100 retries: two for each of the first 50 calls.
    expect(attempts).toBe(60 + 100);
  });

  it('comes back with success', async () => {
    const withRetries = retries();
    for (let call = 0; call < 50; call++) {
      await expect(withRetries(failing(9).attempt)).rejects.toBe(failure);
    }
    for (let call = 0; call < 5; call++) await withRetries(failing(0).attempt);
    const once = failing(1);
    await withRetries(once.attempt);
    expect(once.attempts()).toBe(2);
    // That success brought its retry back: the next one has it.
    await withRetries(failing(1).attempt);
    await expect(withRetries(failing(2).attempt)).rejects.toBe(failure);
  });
});
