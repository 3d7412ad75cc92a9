import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { BenchCase } from './measure.ts';

/** V: one bare P-384 verification, which every verifier pays for each signature. */
export function bareVerification(): BenchCase {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const message = randomBytes(4400);
  const dsaEncoding = 'ieee-p1363';
  const signature = sign('sha384', message, { key: privateKey, dsaEncoding });
  return {
    name: 'V',
    run(count) {
      for (let i = 0; i < count; i++) {
        if (!verify('sha384', message, { key: publicKey, dsaEncoding }, signature)) {
          throw new Error('a bare verification failed');
        }
      }
    },
  };
}
