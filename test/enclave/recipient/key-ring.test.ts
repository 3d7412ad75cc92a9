import { describe, expect, it, onTestFinished } from 'vitest';
import { type EnclaveMetrics, silentMetrics } from '../../../enclave/metrics.ts';
import type { KeyRingOptions, RecipientLease } from '../../../enclave/recipient/index.ts';
import { sealEnvelope } from '../../../shared/cms/index.ts';
import { NsmError } from '../../../shared/errors.ts';
import { deferred } from '../../support/deferred.ts';
import { createTestKeyRing } from '../../support/key-ring.ts';

/** A ring whose documents are the public key that they carry, and nothing else. */
async function create(options: Partial<KeyRingOptions> = {}) {
  let time = 0;
  const ring = await createTestKeyRing({
    nsm: { attest: async ({ publicKey = new Uint8Array(0) }) => publicKey.slice() },
    monotonic: () => time,
    ...options,
  });
  onTestFinished(() => ring.close());
  return {
    ring,
    pass: (seconds: number) => {
      time += seconds * 1000;
    },
    /** Until at least as many keys are ready: before the first lease there is one more. */
    spare: (keys: number) =>
      expect.poll(() => ring.stats.spare, { timeout: 20_000 }).toBeGreaterThanOrEqual(keys),
  };
}

const sealTo = ({ document }: RecipientLease, plaintext: number) =>
  sealEnvelope({ plaintext: Uint8Array.of(plaintext), recipientSpki: document });

async function open(lease: RecipientLease, envelope: Uint8Array): Promise<number | undefined> {
  const secret = await lease.open(envelope);
  try {
    return secret.reveal(([first]) => first);
  } finally {
    secret.dispose();
  }
}

/** An envelope for this key, named rightly, whose encrypted key is another's. */
function unopenable(lease: RecipientLease): Uint8Array {
  const envelope = sealTo(lease, 1);
  // Within the encrypted key, bytes 131 to 386 for RSA-2048.
  envelope[200] = (envelope[200] as number) ^ 1;
  return envelope;
}

describe('a lease', () => {
  it('opens what is sealed to its document', async () => {
    const { ring } = await create();
    const lease = await ring.lease();
    expect(await open(lease, sealTo(lease, 7))).toBe(7);
    lease.release();
  });

  it('opens nothing once released, however often', async () => {
    const { ring } = await create();
    const lease = await ring.lease();
    const envelope = sealTo(lease, 7);
    lease.release();
    lease.release();
    await expect(lease.open(envelope)).rejects.toMatchObject({ code: 'UNWRAP_KEY_GONE' });
  });

  it('shares the key and the document of its window', async () => {
    const { ring } = await create();
    const [one, other] = await Promise.all([ring.lease(), ring.lease()]);
    one.release();
    expect(await open(other, sealTo(one, 7))).toBe(7);
  });

  it('opens answers that were on their way when the window ended, and no others', async () => {
    const { ring, pass, spare } = await create();
    const earlier = await ring.lease();
    await spare(1);
    pass(60);
    const later = await ring.lease();
    expect(later.document).not.toEqual(earlier.document);
    expect(await open(earlier, sealTo(earlier, 1))).toBe(1);
    expect(await open(later, sealTo(later, 2))).toBe(2);
    // An envelope for an older key, though that key is still held.
    await expect(later.open(sealTo(earlier, 1))).rejects.toMatchObject({
      code: 'UNWRAP_RECIPIENT',
    });
    expect(ring.stats.waited).toBe(0);
  });

  it('with a key of its own does not open the answer to another call', async () => {
    const { ring, spare } = await create({ keys: 'per-call', spareKeys: 2 });
    await spare(2);
    const [one, other] = await Promise.all([ring.lease(), ring.lease()]);
    const [first, second] = [sealTo(one, 1), sealTo(other, 2)];
    await expect(one.open(second)).rejects.toMatchObject({ code: 'UNWRAP_RECIPIENT' });
    await expect(other.open(first)).rejects.toMatchObject({ code: 'UNWRAP_RECIPIENT' });
    expect(await open(one, first)).toBe(1);
    expect(ring.stats.waited).toBe(0);
  });

  it('says whether its document was made for it', async () => {
    const { ring, pass } = await create();
    expect((await ring.lease()).reused).toBe(false);
    pass(1);
    expect((await ring.lease()).reused).toBe(true);
    expect((await ring.lease({ fresh: true })).reused).toBe(false);
  });
});

describe('the ring', () => {
  it('has 64 calls at once share one key, made before, and makes one more', async () => {
    const { ring, spare } = await create();
    const leases = await Promise.all(Array.from({ length: 64 }, () => ring.lease()));
    const envelopes = leases.map((lease, index) => sealTo(lease, index));
    const opened = await Promise.all(leases.map((lease, i) => open(lease, envelopes[i] as never)));
    expect(opened).toEqual(leases.map((_, index) => index));
    await spare(1);
    expect(ring.stats).toEqual({ spare: 1, generated: 2, waited: 0 });
  });

  it('gives a key up after envelopes that did not open, and goes on with another', async () => {
    const { ring, spare } = await create({ maxFailedOpenings: 2 });
    const lease = await ring.lease();
    await spare(1);
    for (let i = 0; i < 2; i++) {
      await expect(lease.open(unopenable(lease))).rejects.toMatchObject({ code: 'UNWRAP_FAILED' });
    }
    await expect(lease.open(sealTo(lease, 7))).rejects.toMatchObject({ code: 'UNWRAP_KEY_GONE' });
    const next = await ring.lease();
    expect(next.document).not.toEqual(lease.document);
    expect(await open(next, sealTo(next, 7))).toBe(7);
    expect(ring.stats.waited).toBe(0);
  });

  it('never lets more envelopes fail than allowed, though many are opened at once', async () => {
    const { ring } = await create({ maxFailedOpenings: 3 });
    const lease = await ring.lease();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 16 }, () => lease.open(unopenable(lease))),
    );
    const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code);
    expect(codes.filter((code) => code === 'UNWRAP_FAILED')).toHaveLength(3);
    expect(codes.filter((code) => code === 'UNWRAP_KEY_GONE')).toHaveLength(13);
  });

  it('when closed lets go of the keys of leases, and refuses others', async () => {
    const { ring, pass, spare } = await create();
    const earlier = await ring.lease();
    await spare(1);
    pass(60);
    const leases = [earlier, await ring.lease()];
    const envelopes = leases.map((lease) => sealTo(lease, 7));
    ring.close();
    ring.close();
    for (const [index, lease] of leases.entries()) {
      await expect(lease.open(envelopes[index] as never)).rejects.toMatchObject({
        code: 'UNWRAP_KEY_GONE',
      });
      lease.release();
    }
    await expect(ring.lease()).rejects.toMatchObject({ code: 'UNWRAP_RING_CLOSED' });
    expect(ring.stats.spare).toBe(0);
  });

  it.each(['window', 'per-call'] as const)(
    'when closed refuses a lease that waits for its document, keys %s',
    async (keys) => {
      const answer = deferred<Uint8Array>();
      const { ring } = await create({ keys, nsm: { attest: () => answer.promise } });
      const waiting = ring.lease();
      ring.close();
      answer.resolve(Uint8Array.of(1));
      await expect(waiting).rejects.toMatchObject({ code: 'UNWRAP_RING_CLOSED' });
    },
  );

  it('counts documents, and those that could not be made by their code', async () => {
    const counted: string[] = [];
    const metrics: EnclaveMetrics = {
      ...silentMetrics,
      document: (purpose, outcome) => void counted.push(`${purpose} ${outcome}`),
    };
    let broken = true;
    const { ring } = await create({
      metrics,
      nsm: {
        async attest() {
          if (broken) throw new NsmError('NSM_TIMEOUT', 'slow');
          return Uint8Array.of(1);
        },
      },
    });
    await expect(ring.lease()).rejects.toMatchObject({ code: 'NSM_TIMEOUT' });
    broken = false;
    await ring.lease();
    await ring.lease();
    expect(counted).toEqual(['recipient NSM_TIMEOUT', 'recipient ok']);
  });

  it.each<[string, Partial<KeyRingOptions>]>([
    ['documents for 0 s', { documentSeconds: 0 }],
    ['documents for less', { documentSeconds: -1 }],
    ['documents for 241 s', { documentSeconds: 241 }],
    ['documents for no number of seconds', { documentSeconds: Number.NaN }],
    ['windows of 0 s', { rotationSeconds: 0 }],
    ['windows without end', { rotationSeconds: Number.POSITIVE_INFINITY }],
    ['no spare keys', { spareKeys: 0 }],
    ['half a spare key', { spareKeys: 0.5 }],
    ['no failed openings', { maxFailedOpenings: 0 }],
    ['failed openings without end', { maxFailedOpenings: Number.POSITIVE_INFINITY }],
    ['RSA-1024', { keyBits: 1024 as never }],
  ])('is refused with %s', async (_what, options) => {
    await expect(create(options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
