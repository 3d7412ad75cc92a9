import { createECDH, createPrivateKey, diffieHellman, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../shared/errors.ts';
import { AGREEMENT_CURVES, parseAgreementPublicKey } from '../../../shared/key-agreement/index.ts';
import { vectorsPath } from '../../support/vectors.ts';
import { type WycheproofCase, wycheproofGroups } from '../../support/wycheproof.ts';

const CRV = { ECC_NIST_P256: 'P-256', ECC_NIST_P384: 'P-384', ECC_NIST_P521: 'P-521' } as const;

type NistSpec = keyof typeof CRV;

/** RFC 5480: an SPKI of an uncompressed point, up to the point. */
const SPKI_BEFORE_POINT = {
  ECC_NIST_P256: '3059301306072a8648ce3d020106082a8648ce3d030107034200',
  ECC_NIST_P384: '3076301006072a8648ce3d020106052b81040022036200',
  ECC_NIST_P521: '30819b301006072a8648ce3d020106052b8104002303818600',
} as const;

/** The private key of a scalar; the files give it with leading zeros or without. */
function privateKeyOf(scalar: string, spec: NistSpec): KeyObject {
  const { namedCurve, coordinateBytes } = AGREEMENT_CURVES[spec];
  const d = Buffer.from(scalar.padStart(4 * coordinateBytes, '0'), 'hex').subarray(
    -coordinateBytes,
  );
  const ecdh = createECDH(namedCurve);
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: CRV[spec],
      d: d.toString('base64url'),
      x: point.subarray(1, 1 + coordinateBytes).toString('base64url'),
      y: point.subarray(1 + coordinateBytes).toString('base64url'),
    },
  });
}

/** The shared secret in hex, or the code of the refusal. */
function agree(scalar: string, spki: Uint8Array, spec: NistSpec): string {
  try {
    return diffieHellman({
      privateKey: privateKeyOf(scalar, spec),
      publicKey: parseAgreementPublicKey(spki, spec),
    }).toString('hex');
  } catch (error) {
    if (error instanceof BrokerError) return error.code;
    throw error;
  }
}

interface EcdhGroup {
  readonly tests: readonly (WycheproofCase & {
    flags: readonly string[];
    public: string;
    private: string;
    shared: string;
  })[];
}

describe.each([
  ['secp256r1', 'ECC_NIST_P256', 331],
  ['secp384r1', 'ECC_NIST_P384', 772],
] as const)('Wycheproof ECDH %s (../shared/vectors)', (curve, spec, agreements) => {
  const cases = wycheproofGroups<EcdhGroup>(`wycheproof_ecdh_${curve}_test.json`).flatMap(
    ({ tests }) => tests,
  );

  it.skipIf(cases.length === 0)('agrees with the keys that are sound, and with no other', () => {
    let agreed = 0;
    for (const { tcId, result, flags, shared, ...key } of cases) {
      const answer = agree(key.private, Buffer.from(key.public, 'hex'), spec);
      // What Wycheproof calls acceptable is BER or names no curve, but for the compressed point.
      const sound =
        result === 'valid' || (result === 'acceptable' && flags.includes('CompressedPoint'));
      if (sound) {
        expect(answer, `case ${tcId}`).toBe(shared);
        agreed++;
      } else {
        expect(answer, `case ${tcId}`).toMatch(/^(ASN1|AGREEMENT_KEY)_/);
      }
    }
    expect(agreed).toBe(agreements);
  });

  it.skipIf(cases.length === 0)('says of each kind of fault what it is', () => {
    const codes = (flag: string) =>
      new Set(
        cases
          .filter(({ result, flags }) => result !== 'valid' && flags.includes(flag))
          .map((test) => agree(test.private, Buffer.from(test.public, 'hex'), spec)),
      );
    expect(codes('UnnamedCurve')).toEqual(new Set(['AGREEMENT_KEY_PARAMETERS']));
    // Some of these name the curve, and bring a point of another.
    expect(codes('WrongCurve')).toContain('AGREEMENT_KEY_CURVE');
    expect(codes('InvalidCurveAttack')).toEqual(new Set(['AGREEMENT_KEY_NOT_ON_CURVE']));
  });
});

describe('NIST CAVS ECC CDH primitive (../shared/vectors)', () => {
  const path = vectorsPath('standards', 'nist_ecc_cdh_P-256_P-384.txt');
  const specs = { 'P-256': 'ECC_NIST_P256', 'P-384': 'ECC_NIST_P384' } as const;

  it.skipIf(path === undefined)('answers x at its full length', () => {
    const sections = readFileSync(path as string, 'utf8').split(/^\[(P-256|P-384)\]$/m);
    let agreed = 0;
    for (const [index, curve] of sections.entries()) {
      if (curve !== 'P-256' && curve !== 'P-384') continue;
      for (const block of (sections[index + 1] as string).split('COUNT = ').slice(1)) {
        const field = (name: string): string =>
          new RegExp(`^${name} = ([0-9a-f]+)$`, 'm').exec(block)?.[1] as string;
        const point = `04${field('QCAVSx')}${field('QCAVSy')}`;
        const spki = Buffer.from(SPKI_BEFORE_POINT[specs[curve]] + point, 'hex');
        expect(agree(field('dIUT'), spki, specs[curve])).toBe(field('ZIUT'));
        agreed++;
      }
    }
    expect(agreed).toBe(50);
  });
});

// NIST CAVS 14.1, KAS_ECC_CDH_PrimitiveTest.txt, [P-521] COUNT = 0. ZIUT begins with a zero byte.
describe('NIST CAVS ECC CDH primitive, P-521', () => {
  it('keeps leading zeros', () => {
    const x =
      '00685a48e86c79f0f0875f7bc18d25eb5fc8c0b07e5da4f4370f3a9490340854334b1e1b87fa395464c60626124a4e70d0f785601d37c09870ebf176666877a2046d';
    const y =
      '01ba52c56fc8776d9e8f5db4f0cc27636d0b741bbe05400697942e80b739884a83bde99e0f6716939e632bc8986fa18dccd443a348b6c3e522497955a4f3c302f676';
    const d =
      '0000017eecc07ab4b329068fba65e56a1f8890aa935e57134ae0ffcce802735151f4eac6564f6ee9974c5e6887a1fefee5743ae2241bfeb95d5ce31ddcb6f9edb4d6fc47';
    const z =
      '005fc70477c3e63bc3954bd0df3ea0d1f41ee21746ed95fc5e1fdf90930d5e136672d72cc770742d1711c3c3a4c334a0ad9759436a4d3c5bf6e74b9578fac148c831';
    const spki = Buffer.from(`${SPKI_BEFORE_POINT.ECC_NIST_P521}04${x}${y}`, 'hex');
    expect(agree(d, spki, 'ECC_NIST_P521')).toBe(z);
  });
});
