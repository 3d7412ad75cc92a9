import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { BenchCase } from './measure.ts';

/** V: one bare P-384 verification, which every verifier pays for each signature. */
export function bareVerification(): BenchCase {
  const { message, key, signature } = signedMessage();
  return {
    name: 'V',
    run(count) {
      for (let i = 0; i < count; i++) judge(verify('sha384', message, key, signature));
    },
  };
}

/** The same by the thread pool: two threads are woken for each, which costs most on idle cores. */
export function pooledVerification(): BenchCase {
  const { message, key, signature } = signedMessage();
  const verifyOnce = () =>
    new Promise<boolean>((resolve, reject) => {
      verify('sha384', message, key, signature, (error, holds) =>
        error === null ? resolve(holds) : reject(error),
      );
    });
  return {
    name: 'V in the thread pool, nothing else',
    async run(count) {
      for (let i = 0; i < count; i++) judge(await verifyOnce());
    },
  };
}

function signedMessage() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const message = randomBytes(4400);
  const dsaEncoding = 'ieee-p1363';
  const signature = sign('sha384', message, { key: privateKey, dsaEncoding });
  return { message, key: { key: publicKey, dsaEncoding }, signature } as const;
}

function judge(holds: boolean): void {
  if (!holds) throw new Error('a bare verification failed');
}
