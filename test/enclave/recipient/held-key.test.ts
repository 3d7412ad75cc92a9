import { describe, expect, it } from 'vitest';
import { holdKey } from '../../../enclave/recipient/held-key.ts';
import { FormatError, UnwrapError } from '../../../shared/errors.ts';
import { Secret } from '../../../shared/secret.ts';
import { deferred } from '../../support/deferred.ts';
import { fakeKey } from './fake-keys.ts';

const ENVELOPE = new Uint8Array(0);
const failed = () => new UnwrapError('UNWRAP_FAILED', 'does not open');

/** A held key whose openings end as the test says. */
function hold(maxFailedOpenings: number) {
  const answers: (() => Promise<Secret>)[] = [];
  const key = holdKey(
    {
      ...fakeKey(1),
      open: () => (answers.shift() ?? (() => Promise.reject(new Error('nothing was said'))))(),
    },
    maxFailedOpenings,
  );
  return {
    key,
    open: (answer: () => Promise<Secret>) => {
      answers.push(answer);
      return key.open(ENVELOPE);
    },
  };
}

const opens = async () => new Secret(Uint8Array.of(5));
const refuses = (error: Error) => () => Promise.reject(error);
const gone = { code: 'UNWRAP_KEY_GONE' };

describe('a held key', () => {
  it('is given up after as many envelopes did not open as are allowed', async () => {
    const { key, open } = hold(3);
    for (let i = 0; i < 3; i++) {
      expect(key.gone).toBe(false);
      await expect(open(refuses(failed()))).rejects.toMatchObject({ code: 'UNWRAP_FAILED' });
      if (i < 2) (await open(opens)).dispose();
    }
    expect(key.gone).toBe(true);
    await expect(open(opens)).rejects.toMatchObject(gone);
  });

  it.each([
    new UnwrapError('UNWRAP_RECIPIENT', 'another key'),
    new FormatError('CMS_LENGTH', 'a length'),
    new Error('anything else'),
  ])('is not given up for what did not touch it: $message', async (error) => {
    const { key, open } = hold(1);
    for (let i = 0; i < 5; i++) await expect(open(refuses(error))).rejects.toBe(error);
    expect(key.gone).toBe(false);
  });

  it('says nothing of envelopes that were in work when it was given up', async () => {
    const { open } = hold(1);
    const [good, bad] = [deferred<Secret>(), deferred<Secret>()];
    const outcomes = Promise.allSettled([open(() => good.promise), open(() => bad.promise)]);
    await expect(open(refuses(failed()))).rejects.toMatchObject({ code: 'UNWRAP_FAILED' });
    const secret = new Secret(Uint8Array.of(5));
    good.resolve(secret);
    bad.resolve(Promise.reject(failed()));
    expect(await outcomes).toMatchObject([{ reason: gone }, { reason: gone }]);
    expect(secret.disposed).toBe(true);
  });

  it('opens nothing once let go of', async () => {
    const { key, open } = hold(3);
    key.letGo();
    expect(key.gone).toBe(true);
    await expect(open(opens)).rejects.toMatchObject(gone);
  });
});
