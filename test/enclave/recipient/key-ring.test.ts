import { describe, expect, it } from 'vitest';
import { createKeyRing } from '../../../enclave/recipient/index.ts';
import { sealEnvelope } from '../../../shared/cms/index.ts';
import { NsmError } from '../../../shared/errors.ts';
import type { NsmClient } from '../../../shared/nsm/index.ts';
import { codeOf } from '../../support/codes.ts';
import { deferred } from '../../support/deferred.ts';

/** A ring whose secure module numbers its documents and shows what key it was given. */
async function createTestRing(documentSeconds = 60) {
  let time = 1_000_000;
  const keys: Uint8Array[] = [];
  const answers: Promise<Uint8Array>[] = [];
  const attest: NsmClient['attest'] = ({ publicKey = new Uint8Array(0) } = {}) => {
    keys.push(publicKey);
    return answers.shift() ?? Promise.resolve(Uint8Array.of(keys.length));
  };
  const ring = await createKeyRing({
    nsm: { attest } as NsmClient,
    documentSeconds,
    monotonic: () => time,
  });
  return {
    ring,
    keys,
    answerNext: (answer: Promise<Uint8Array>) => void answers.push(answer),
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

describe('documents of the key ring', () => {
  it('carry the same key each, and nothing else is asked of the secure module', async () => {
    const { ring, keys, pass } = await createTestRing();
    await ring.document();
    pass(60_000);
    await ring.document();
    expect(keys).toHaveLength(2);
    expect(keys[0]).toEqual(keys[1]);
    expect(keys[0]?.length).toBe(294);
  });

  it('are used again until the time is up, and not a millisecond longer', async () => {
    const { ring, pass } = await createTestRing(60);
    expect(await ring.document()).toEqual(Uint8Array.of(1));
    pass(59_999);
    expect(await ring.document()).toEqual(Uint8Array.of(1));
    pass(1);
    expect(await ring.document()).toEqual(Uint8Array.of(2));
    pass(59_999);
    expect(await ring.document()).toEqual(Uint8Array.of(2));
  });

  it('age from when they were asked for, not from when they came', async () => {
    const { ring, pass, answerNext } = await createTestRing(60);
    const slow = deferred<Uint8Array>();
    answerNext(slow.promise);
    const first = ring.document();
    pass(59_000);
    slow.resolve(Uint8Array.of(77));
    expect(await first).toEqual(Uint8Array.of(77));
    pass(1000);
    expect(await ring.document()).not.toEqual(Uint8Array.of(77));
  });

  it('are asked for once by calls at once', async () => {
    const { ring, keys } = await createTestRing();
    const documents = await Promise.all(Array.from({ length: 20 }, () => ring.document()));
    expect(keys).toHaveLength(1);
    expect(new Set(documents).size).toBe(1);
  });

  it('are asked for anew after a failure, which all who waited are told', async () => {
    const { ring, keys, answerNext } = await createTestRing();
    answerNext(Promise.reject(new NsmError('NSM_INTERNAL_ERROR', 'broken')));
    const waiting = [ring.document(), ring.document()];
    for (const one of waiting) {
      await expect(one).rejects.toMatchObject({ code: 'NSM_INTERNAL_ERROR' });
    }
    expect(await ring.document()).toEqual(Uint8Array.of(2));
    expect(keys).toHaveLength(2);
  });

  it('are not lost when one that was given up fails late', async () => {
    const { ring, keys, pass, answerNext } = await createTestRing(60);
    const late = deferred<Uint8Array>();
    answerNext(late.promise);
    const first = ring.document();
    pass(60_000);
    await ring.document();
    late.resolve(Promise.reject(new NsmError('NSM_INTERNAL_ERROR', 'broken')));
    await expect(first).rejects.toMatchObject({ code: 'NSM_INTERNAL_ERROR' });
    await ring.document();
    expect(keys).toHaveLength(2);
  });

  it.each([0, -1, 241, Number.NaN, Number.POSITIVE_INFINITY])(
    'cannot be used again for %d s',
    async (documentSeconds) => {
      await expect(createTestRing(documentSeconds)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
      });
    },
  );
});

describe('envelopes', () => {
  it('open with the ring they were sealed to and with no other', async () => {
    const [one, other] = await Promise.all([createTestRing(), createTestRing()]);
    await Promise.all([one.ring.document(), other.ring.document()]);
    const plaintext = Uint8Array.of(1, 2, 3);
    const recipientSpki = one.keys[0] ?? new Uint8Array(0);
    const envelope = sealEnvelope({ plaintext, recipientSpki });
    expect(one.ring.open(envelope).reveal((bytes) => [...bytes])).toEqual([1, 2, 3]);
    expect(codeOf(() => other.ring.open(envelope))).toBe('UNWRAP_RECIPIENT');
  });
});
