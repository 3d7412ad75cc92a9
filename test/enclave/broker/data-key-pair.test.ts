import { createPrivateKey, getCurves } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDataKeyPair } from '../../../enclave/broker/data-key-pair.ts';
import { Secret } from '../../../shared/secret.ts';
import { codeOf } from '../../support/codes.ts';
import { createOwnKeyPair, type KeyPairSpec } from '../../support/key-import.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';

const SPECS: readonly KeyPairSpec[] = [
  'RSA_2048',
  'RSA_3072',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
  'SM2',
];

const pairs = new Map(SPECS.map((spec) => [spec, createOwnKeyPair(spec)]));
const pairOf = (spec: KeyPairSpec) => pairs.get(spec) as ReturnType<typeof createOwnKeyPair>;

interface Halves {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

const parse = (spec: KeyPairSpec, halves: Halves, curves = getCurves()) =>
  parseDataKeyPair(
    {
      spec,
      pkcs8: new Secret(Uint8Array.from(halves.privateKey)),
      publicKey: halves.publicKey,
      wrappedPrivateKey: Uint8Array.of(1),
    },
    curves,
  );
const refusal = (spec: KeyPairSpec, halves: Halves, curves?: string[]) =>
  codeOf(() => parse(spec, halves, curves));

describe.each(SPECS)('a key pair of %s', (spec) => {
  const own = pairOf(spec);

  it('is of no other spec', () => {
    for (const other of SPECS) {
      expect(refusal(other, own), other).toBe(other === spec ? undefined : 'KMS_KEY_PAIR');
    }
  });

  it('has the halves of one key', () => {
    const { privateKey, publicKey } = createOwnKeyPair(spec);
    expect(refusal(spec, { ...own, publicKey })).toBe('KMS_KEY_PAIR');
    expect(refusal(spec, { ...own, privateKey })).toBe('KMS_KEY_PAIR');
    expect(refusal(spec, { privateKey: own.publicKey, publicKey: own.privateKey })).toBe(
      'KMS_KEY_PAIR',
    );
  });

  it('has whole halves, with nothing behind them', () => {
    const longer = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(1)]);
    expect(refusal(spec, { ...own, publicKey: longer(own.publicKey) })).toBe('KMS_KEY_PAIR');
    expect(refusal(spec, { ...own, privateKey: longer(own.privateKey) })).toBe('KMS_KEY_PAIR');
    for (const publicKey of truncations(own.publicKey)) {
      expect(refusal(spec, { ...own, publicKey })).toBe('KMS_KEY_PAIR');
    }
    for (const privateKey of truncations(own.privateKey)) {
      expect(refusal(spec, { ...own, privateKey })).toBe('KMS_KEY_PAIR');
    }
  });

  it('is refused with any byte of the public key changed', () => {
    for (const { at, mutated } of oneByteMutations(own.publicKey)) {
      expect(refusal(spec, { ...own, publicKey: mutated }), `byte ${at}`).toBe('KMS_KEY_PAIR');
    }
  });

  it('is refused with a byte of the private key changed, or signs for the same public key', () => {
    const isRsa = spec.startsWith('RSA');
    let refused = 0;
    // An RSA key is long, and a signature made with each of its changes.
    const stride = isRsa ? 61 : 1;
    for (const { at, mutated } of oneByteMutations(own.privateKey)) {
      if (at % stride !== 0) continue;
      const code = refusal(spec, { ...own, privateKey: mutated });
      expect([undefined, 'KMS_KEY_PAIR'], `byte ${at}`).toContain(code);
      if (code !== undefined) refused++;
    }
    // OpenSSL signs with the primes of an RSA key, or with its exponent if they do not fit.
    expect(refused).toBeGreaterThan((own.privateKey.length * (isRsa ? 0.5 : 2)) / stride);
  });

  it('shows nothing of the private key when it is printed', () => {
    const pair = parse(spec, own);
    const printed = `${inspect(pair, { depth: 9, showHidden: true })}${JSON.stringify(pair)}`;
    expect(printed).toContain('[secret]');
    const jwk = pair.exportJwk();
    if (jwk !== undefined) expect(printed).not.toContain(jwk.d);
  });
});

describe('a private key', () => {
  it('with the public half of another key in it is refused with either', () => {
    const [one, other] = [pairOf('ECC_NIST_P256'), createOwnKeyPair('ECC_NIST_P256')];
    const mixed = Buffer.concat([one.privateKey.subarray(0, -64), other.publicKey.subarray(-64)]);
    for (const { publicKey } of [one, other]) {
      expect(refusal('ECC_NIST_P256', { privateKey: mixed, publicKey })).toBe('KMS_KEY_PAIR');
    }
  });

  it.each(['ECC_NIST_P256', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519', 'RSA_2048'] as const)(
    'of %s is there as a KeyObject and as a JWK of the same key',
    (spec) => {
      const own = pairOf(spec);
      const pair = parse(spec, own);
      const ofJwk = createPrivateKey({ format: 'jwk', key: pair.exportJwk() ?? {} });
      expect(pair.privateKey?.equals(ofJwk)).toBe(true);
      expect(ofJwk.export({ format: 'der', type: 'pkcs8' }).equals(own.privateKey)).toBe(true);
    },
  );

  it.each(['ECC_SECG_P256K1', 'SM2'] as const)(
    'of %s is PKCS #8 alone where the runtime has not the curve',
    (spec) => {
      const own = pairOf(spec);
      const pair = parse(spec, own, ['prime256v1']);
      expect([pair.privateKey, pair.exportJwk()]).toEqual([undefined, undefined]);
      expect(pair.pkcs8.reveal((bytes) => own.privateKey.equals(bytes))).toBe(true);
      expect(refusal(spec, pairOf('ECC_NIST_P256'), ['prime256v1'])).toBe('KMS_KEY_PAIR');
      const publicKey = pairOf('ECC_NIST_P256').publicKey;
      expect(refusal(spec, { ...own, publicKey }, ['prime256v1'])).toBe('KMS_KEY_PAIR');
    },
  );

  it('is no other bytes', () => {
    const { publicKey } = pairOf('ECC_NIST_P256');
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        (privateKey) => refusal('ECC_NIST_P256', { privateKey, publicKey }) === 'KMS_KEY_PAIR',
      ),
    );
  });

  it.skipIf(!haveOpenssl)('with explicit parameters is refused (skipped without openssl)', () => {
    const pem = openssl([
      ...['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ...['-pkeyopt', 'ec_param_enc:explicit'],
    ]);
    const privateKey = openssl(['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'], pem);
    const publicKey = openssl(['pkey', '-pubout', '-outform', 'DER'], pem);
    expect(refusal('ECC_NIST_P256', { privateKey, publicKey })).toBe('KMS_KEY_PAIR');
  });
});
