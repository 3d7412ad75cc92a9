import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KdfHash } from '../../../shared/kdf/hash.ts';
import { deriveOneStep, deriveOneStepHmac } from '../../../shared/kdf/one-step.ts';
import { Secret } from '../../../shared/secret.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations } from '../../support/mutations.ts';
import { hexOfSecret, secretOf } from '../../support/secrets.ts';
import { vectorsPath } from '../../support/vectors.ts';

const unhex = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hashes = ['SHA-256', 'SHA-384', 'SHA-512'] as const;

interface AcvpCase {
  readonly tcId: number;
  readonly auxFunction: string;
  readonly saltMethod: 'default' | 'random' | null;
  readonly l_bits: number;
  readonly z: string;
  readonly fixedInfo: string;
  readonly salt: string | null;
  readonly dkm: string;
  readonly dkm_is_right: boolean;
}

describe('NIST ACVP KDA OneStep SP 800-56C r2 (../shared/vectors)', () => {
  const path = vectorsPath('standards', 'acvp_kda_onestep_a.json');

  it.skipIf(path === undefined)('gives the right DKM, and no wrong one', () => {
    const { tests } = JSON.parse(readFileSync(path as string, 'utf8')) as { tests: AcvpCase[] };
    const counts = { hash: 0, hmacDefault: 0, hmacRandom: 0, wrong: 0 };
    for (const test of tests) {
      // SHA-1 is not offered.
      const hash = /SHA2-(256|384|512)$/.exec(test.auxFunction)?.[1];
      if (hash === undefined) continue;
      const options = {
        hash: `SHA-${hash}` as KdfHash,
        secret: secretOf(test.z),
        fixedInfo: unhex(test.fixedInfo),
        lengthBytes: test.l_bits / 8,
      };
      const salt = test.saltMethod === 'random' ? { salt: unhex(test.salt as string) } : {};
      const derived = test.auxFunction.startsWith('HMAC')
        ? deriveOneStepHmac({ ...options, ...salt })
        : deriveOneStep(options);
      expect(hexOfSecret(derived) === test.dkm, `case ${test.tcId}`).toBe(test.dkm_is_right);
      if (!test.dkm_is_right) counts.wrong++;
      else if (test.saltMethod === null) counts.hash++;
      else if (test.saltMethod === 'default') counts.hmacDefault++;
      else counts.hmacRandom++;
    }
    expect(counts).toEqual({ hash: 12, hmacDefault: 17, hmacRandom: 12, wrong: 3 });
  });
});

describe('NIST CAVS KAS ECC static unified, KDFConcat (../shared/vectors)', () => {
  const path = vectorsPath(
    'standards',
    'nist_KASValidityTest_ECCStaticUnified_KDFConcat_NOKC_init.fax',
  );

  it.skipIf(path === undefined)('gives the DKM of Z and OI', () => {
    // What precedes the first section of vectors repeats the curves and hashes.
    const sections = readFileSync(path as string, 'utf8')
      .split(/^\[E[B-E] - SHA(\d+)\]\s*$/m)
      .slice(1);
    const counts = { same: 0, other: 0 };
    for (let at = 0; at < sections.length; at += 2) {
      // SHA-224 is not offered.
      if (sections[at] === '224') continue;
      for (const block of (sections[at + 1] as string).split('COUNT = ').slice(1)) {
        const field = (name: string) =>
          new RegExp(`^${name} = (.+?)\\s*$`, 'm').exec(block)?.[1] as string;
        const dkm = field('DKM');
        const derived = deriveOneStep({
          hash: `SHA-${sections[at]}` as KdfHash,
          secret: secretOf(field('Z')),
          fixedInfo: unhex(field('OI')),
          lengthBytes: dkm.length / 2,
        });
        // 9 is "DKM changed", 10 is "OI changed"; every other fault lies outside of the KDF.
        const faulty = /^F \((9|10) /.test(field('Result'));
        expect(hexOfSecret(derived) === dkm, block).toBe(!faulty);
        counts[faulty ? 'other' : 'same']++;
      }
    }
    expect(counts).toEqual({ same: 234, other: 36 });
  });
});

describe('deriveOneStep', () => {
  it.each([
    ['SHA-256', 32, '62a4aa7252fc3aaafa92ab54807bf3f0', deriveOneStep],
    ['SHA-256', 32, '0b7c5d04c0a2dc9752f7a2bab909b3df', deriveOneStepHmac],
    ['SHA-384', 48, 'd6c9e55fde73ad1be35324d64caec47b', deriveOneStepHmac],
  ] as const)('with %s of the %i bytes from 0 up begins %s', (hash, secretBytes, begin, derive) => {
    const derived = derive({
      hash,
      secret: new Secret(Uint8Array.from({ length: secretBytes }, (_, at) => at)),
      fixedInfo: new TextEncoder().encode('example-info'),
      lengthBytes: 16,
    });
    expect(hexOfSecret(derived)).toBe(begin);
  });

  it('with HMAC and no salt is that with a block of zeros', () => {
    const options = {
      hash: 'SHA-256',
      secret: new Secret(new Uint8Array(32)),
      fixedInfo: new Uint8Array(),
      lengthBytes: 64,
    } as const;
    const expected =
      'ceb496ba22edd29dfc5fa4e2d58abcc30b49af2d76d754b54b5c02cf0a2c02dc142cd755e28b5aae1958ac736f2c319075137e3fe4d94f64c6fc99cb31e2ad53';
    expect(hexOfSecret(deriveOneStepHmac(options))).toBe(expected);
    expect(hexOfSecret(deriveOneStepHmac({ ...options, salt: new Uint8Array(64) }))).toBe(expected);
  });

  it.each([deriveOneStep, deriveOneStepHmac])(
    'gives a shorter output as the beginning of a longer (%o)',
    (derive) => {
      const bytes = fc.uint8Array({ maxLength: 40 });
      fc.assert(
        fc.property(
          fc.constantFrom(...hashes),
          bytes,
          bytes,
          fc.integer({ min: 1, max: 200 }),
          (hash, z, fixedInfo, lengthBytes) => {
            const of = (length: number) =>
              hexOfSecret(derive({ hash, secret: new Secret(z), fixedInfo, lengthBytes: length }));
            expect(of(200).slice(0, 2 * lengthBytes)).toBe(of(lengthBytes));
          },
        ),
      );
    },
  );

  it('gives another output for every change of a byte', () => {
    const options = {
      hash: 'SHA-256',
      secret: new Uint8Array(32).fill(1),
      fixedInfo: new Uint8Array(20).fill(2),
      salt: new Uint8Array(16).fill(3),
    } as const;
    const of = (change: Partial<Record<'secret' | 'fixedInfo' | 'salt', Uint8Array>>) => {
      const changed = { ...options, ...change };
      return hexOfSecret(
        deriveOneStepHmac({ ...changed, secret: new Secret(changed.secret), lengthBytes: 32 }),
      );
    };
    const seen = new Set([of({})]);
    for (const field of ['secret', 'fixedInfo', 'salt'] as const) {
      for (const { mutated } of oneByteMutations(options[field]))
        seen.add(of({ [field]: mutated }));
    }
    expect(seen.size).toBe(1 + 3 * (32 + 20 + 16));
  });

  it('refuses a hash that it does not know', () => {
    const options = { secret: secretOf('00'), fixedInfo: new Uint8Array(), lengthBytes: 16 };
    for (const hash of ['SHA-1', 'sha256', 'toString'] as unknown as KdfHash[]) {
      expect(codeOf(() => deriveOneStep({ ...options, hash }))).toBe('KDF_ALGORITHM');
      expect(codeOf(() => deriveOneStepHmac({ ...options, hash }))).toBe('KDF_ALGORITHM');
    }
  });
});
