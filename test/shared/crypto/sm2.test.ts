import { createECDH, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  computeSm2Digest,
  decryptSm2,
  encryptSm2,
  signSm2Digest,
  verifySm2Digest,
} from '../../../shared/crypto/sm2.ts';
import { oneByteMutations } from '../../support/mutations.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

/** The sample of GB/T 32918.5 annex A.2 (signature) and annex C.2 (encryption): one key, one nonce. */
const sample = {
  privateKey: bytes('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8'),
  publicPoint: bytes(
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
      'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  ),
  nonce: bytes('59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21'),
  id: Buffer.from('1234567812345678'),
};
const { privateKey, publicPoint } = sample;

describe('SM2', () => {
  it('signs as in the sample of the standard', () => {
    const digest = computeSm2Digest(Buffer.from('message digest'), publicPoint, sample.id);
    expect(hex(digest)).toBe('f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640');
    const signature = signSm2Digest(digest, privateKey, () => sample.nonce);
    expect(hex(signature.r)).toBe(
      'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3',
    );
    expect(hex(signature.s)).toBe(
      'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
    );
    expect(verifySm2Digest(digest, signature, publicPoint)).toBe(true);
  });

  it('encrypts as in the sample of the standard', () => {
    const ciphertext = encryptSm2(
      Buffer.from('encryption standard'),
      publicPoint,
      () => sample.nonce,
    );
    expect(hex(ciphertext.point)).toBe(
      '0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73' +
        'e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0',
    );
    expect(hex(ciphertext.digest)).toBe(
      '59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766',
    );
    expect(hex(ciphertext.masked)).toBe('21886ca989ca9c7d58087307ca93092d651efa');
  });

  it('draws another nonce for one that is out of range', () => {
    const order = bytes('fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123');
    const draws = [new Uint8Array(32), order, new Uint8Array(32).fill(0xff), sample.nonce];
    const digest = computeSm2Digest(Buffer.from('message digest'), publicPoint, sample.id);
    const signature = signSm2Digest(digest, privateKey, () => draws.shift() as Uint8Array);
    expect(hex(signature.r).startsWith('f5a03b06')).toBe(true);
    expect(draws).toHaveLength(0);
  });

  it('verifies what it signs, for any key and message, and for no other message', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (message, other) => {
        const ecdh = createECDH('SM2');
        const point = ecdh.generateKeys();
        const digestOf = (text: Uint8Array) => computeSm2Digest(text, point, sample.id);
        const signature = signSm2Digest(digestOf(message), ecdh.getPrivateKey(), randomBytes);
        expect(verifySm2Digest(digestOf(message), signature, point)).toBe(true);
        const same = Buffer.from(message).equals(other);
        expect(verifySm2Digest(digestOf(other), signature, point)).toBe(same);
      }),
      { numRuns: 20 },
    );
  });

  it('binds a signature to the distinguishing id', () => {
    const message = Buffer.from('message');
    const digest = computeSm2Digest(message, publicPoint, sample.id);
    const signature = signSm2Digest(digest, privateKey, randomBytes);
    const other = computeSm2Digest(message, publicPoint, Buffer.from('another id'));
    expect(verifySm2Digest(other, signature, publicPoint)).toBe(false);
  });

  it.each([
    ['r of 0', { r: new Uint8Array(32) }],
    ['s of 0', { s: new Uint8Array(32) }],
    ['r above the order', { r: new Uint8Array(32).fill(0xff) }],
    ['s above the order', { s: new Uint8Array(32).fill(0xff) }],
  ])('does not verify %s', (_name, part) => {
    const digest = new Uint8Array(32).fill(1);
    const signature = signSm2Digest(digest, privateKey, randomBytes);
    expect(verifySm2Digest(digest, { ...signature, ...part }, publicPoint)).toBe(false);
  });

  it('decrypts what it encrypts, for any plaintext', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (plaintext) => {
        const ciphertext = encryptSm2(plaintext, publicPoint, randomBytes);
        expect(decryptSm2(ciphertext, privateKey)).toEqual(plaintext);
      }),
      { numRuns: 20 },
    );
  });

  it('does not decrypt with any one byte of a ciphertext changed', () => {
    const ciphertext = encryptSm2(Buffer.from('secret'), publicPoint, randomBytes);
    for (const part of ['digest', 'masked'] as const) {
      for (const { mutated } of oneByteMutations(ciphertext[part])) {
        expect(decryptSm2({ ...ciphertext, [part]: mutated }, privateKey)).toBeUndefined();
      }
    }
    const point = Uint8Array.from(ciphertext.point);
    point[64] = (point[64] as number) ^ 1;
    expect(decryptSm2({ ...ciphertext, point }, privateKey)).toBeUndefined();
  });

  it.each([
    ['a digest that is cut', { digest: new Uint8Array(31) }],
    ['a point on no curve', { point: Uint8Array.of(4, ...new Uint8Array(64).fill(1)) }],
    ['the point (0, 0)', { point: Uint8Array.of(4, ...new Uint8Array(64)) }],
    ['the point at infinity', { point: Uint8Array.of(0) }],
    ['nothing masked', { masked: new Uint8Array(0) }],
  ])('does not decrypt %s', (_name, part) => {
    const ciphertext = encryptSm2(Buffer.from('secret'), publicPoint, randomBytes);
    expect(decryptSm2({ ...ciphertext, ...part }, privateKey)).toBeUndefined();
  });
});
