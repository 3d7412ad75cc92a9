import { describe, expect, it } from 'vitest';
import type { CryptoEngine } from '../../../shared/crypto/engine.ts';
import { createNobleEngine } from '../../../shared/crypto/noble.ts';
import { createNodeEngine } from '../../../shared/crypto/node.ts';
import { concatBytes, encodeHex, parseHex } from '../../../shared/encoding.ts';
import { codeOf } from '../../support/codes.ts';
import { type WycheproofCase, wycheproofGroups } from '../../support/wycheproof.ts';

interface SignatureGroup {
  readonly publicKey: { readonly uncompressed: string };
  readonly tests: ReadonlyArray<WycheproofCase & { readonly msg: string; readonly sig: string }>;
}

const groups = wycheproofGroups<SignatureGroup>(
  'wycheproof_ecdsa_secp384r1_sha384_p1363_test.json',
);
const engines = [createNodeEngine(), createNodeEngine({ verifyIn: 'caller' }), createNobleEngine()];

/** RFC 6979 section A.2.6: the key, and its signature with SHA-384 over "sample". */
const point = parseHex(
  '04' +
    'ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64' +
    'def8f0ea9055866064a254515480bc13' +
    '8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1' +
    '288b231c3ae0d4fe7344fd2533264720',
);
const r = parseHex(
  '94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46',
);
const s = parseHex(
  '99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8',
);
const message = new TextEncoder().encode('sample');

const ORDER = BigInt(
  '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
);
const scalar = (value: bigint) => parseHex(value.toString(16).padStart(96, '0'));
const s2 = scalar(ORDER - BigInt(`0x${encodeHex(s)}`));

describe.each(engines)('the $name engine', (engine: CryptoEngine) => {
  const key = engine.importP384(point);
  const verify = (signature: Uint8Array) => engine.verifyP384(key, message, signature);

  it.skipIf(groups.length === 0)(
    'answers Wycheproof as it should (needs the vectors)',
    async () => {
      const wrong: string[] = [];
      for (const { publicKey, tests } of groups) {
        const subject = engine.importP384(parseHex(publicKey.uncompressed));
        for (const { tcId, msg, sig, result, comment } of tests) {
          const holds = await engine.verifyP384(subject, parseHex(msg), parseHex(sig));
          if (holds !== (result === 'valid')) wrong.push(`${tcId}: ${comment}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(groups.flatMap(({ tests }) => tests).length).toBeGreaterThan(200);
    },
  );

  it('accepts a signature with low s and with high s', async () => {
    expect(await verify(concatBytes(r, s))).toBe(true);
    expect(await verify(concatBytes(r, s2))).toBe(true);
  });

  it.each([
    ['no bytes', new Uint8Array(0)],
    ['one byte less', concatBytes(r, s).subarray(0, 95)],
    ['one byte more', concatBytes(r, s, Uint8Array.of(0))],
    ['64 bytes', concatBytes(r, s).subarray(0, 64)],
    ['zeros', new Uint8Array(96)],
    ['r of zero', concatBytes(new Uint8Array(48), s)],
    ['s of zero', concatBytes(r, new Uint8Array(48))],
    ['r + n', concatBytes(scalar(ORDER), s)],
    ['s + n', concatBytes(r, scalar(ORDER))],
    ['s and r exchanged', concatBytes(s, r)],
    ['all ones', new Uint8Array(96).fill(0xff)],
    ['DER', concatBytes(parseHex('3066023100'), r, parseHex('023100'), s)],
  ])('answers false, and does not throw, for a signature of %s', async (_what, signature) => {
    expect(await verify(signature)).toBe(false);
  });

  it('answers false for another message', async () => {
    const other = new TextEncoder().encode('simple');
    expect(await engine.verifyP384(key, other, concatBytes(r, s))).toBe(false);
  });

  const mutate = (at: number, mask: number) => {
    const mutated = point.slice();
    mutated[at] = (mutated[at] as number) ^ mask;
    return mutated;
  };
  it.each([
    ['no bytes', new Uint8Array(0)],
    ['the point at infinity', Uint8Array.of(0)],
    ['the point at infinity, padded', new Uint8Array(97)],
    ['04 and zeros', concatBytes(Uint8Array.of(4), new Uint8Array(96))],
    ['04 and ones', concatBytes(Uint8Array.of(4), new Uint8Array(96).fill(0xff))],
    ['the compressed form', concatBytes(Uint8Array.of(2), point.subarray(1, 49))],
    ['the compressed form, padded', concatBytes(Uint8Array.of(2), point.subarray(1))],
    ['the hybrid form', concatBytes(Uint8Array.of(6), point.subarray(1))],
    ['the other hybrid form', concatBytes(Uint8Array.of(7), point.subarray(1))],
    ['a point off the curve by x', mutate(48, 1)],
    ['a point off the curve by y', mutate(96, 1)],
    ['one byte less', point.subarray(0, 96)],
    ['one byte more', concatBytes(point, Uint8Array.of(0))],
    ['a point of P-256', concatBytes(Uint8Array.of(4), new Uint8Array(64).fill(1))],
  ])('refuses a key of %s with CERT_KEY', (_what, bytes) => {
    expect(codeOf(() => engine.importP384(bytes))).toBe('CERT_KEY');
  });

  it('keeps a key when the caller reuses the bytes of its point', async () => {
    const bytes = point.slice();
    const imported = engine.importP384(bytes);
    bytes.fill(0);
    expect(await engine.verifyP384(imported, message, concatBytes(r, s))).toBe(true);
  });

  it('hashes as FIPS 180-4 says', () => {
    const abc = new TextEncoder().encode('abc');
    expect(encodeHex(engine.sha256(abc))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(encodeHex(engine.sha384(abc))).toBe(
      'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
    );
  });

  it('compares bytes by value, and unequal lengths as unequal', () => {
    expect(engine.equal(r, r.slice())).toBe(true);
    expect(engine.equal(r, s)).toBe(false);
    expect(engine.equal(r, r.subarray(1))).toBe(false);
    expect(engine.equal(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  it('takes no key of another engine', async () => {
    const other = engines.find(({ name }) => name !== engine.name) as CryptoEngine;
    const foreign = other.importP384(point);
    const attempt = async () => engine.verifyP384(foreign, message, concatBytes(r, s));
    await expect(attempt()).rejects.toThrow(TypeError);
  });
});
