import { createPrivateKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  agreeOnSm2,
  parseSm2PeerPoint,
} from '../../../../local-kms/cryptography/agreement/sm2-agreement.ts';
import { oneByteMutations } from '../../../support/mutations.ts';

const createPair = () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'SM2' });
  const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
  const imported = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return { ...pair, imported, spki };
};

describe('key agreement on SM2', () => {
  it('derives what OpenSSL derives with keys that it has not named SM2', () => {
    for (let round = 0; round < 8; round++) {
      const [ours, theirs] = [createPair(), createPair()];
      const { publicKey } = theirs;
      const expected = diffieHellman({ privateKey: ours.privateKey, publicKey });
      const point = parseSm2PeerPoint(theirs.spki) as Uint8Array;
      const secret = agreeOnSm2(ours.imported, point);
      expect(secret.reveal((bytes) => Buffer.from(bytes))).toEqual(expected);
    }
  });

  it('keeps the leading zeros of the secret', () => {
    const ours = createPair();
    // One in 256 secrets begins with a zero: let OpenSSL look for one.
    const secretWith = ({ publicKey }: ReturnType<typeof createPair>) =>
      diffieHellman({ privateKey: ours.privateKey, publicKey });
    let theirs = createPair();
    while (secretWith(theirs)[0] !== 0) theirs = createPair();
    const secret = agreeOnSm2(ours.imported, parseSm2PeerPoint(theirs.spki) as Uint8Array);
    expect(secret.reveal((bytes) => Buffer.from(bytes))).toEqual(secretWith(theirs));
  });

  it('takes no key with one byte changed', () => {
    const { spki } = createPair();
    expect(parseSm2PeerPoint(spki)).toEqual(spki.subarray(-65));
    for (const { mutated, at } of oneByteMutations(spki)) {
      expect(parseSm2PeerPoint(mutated), `byte ${at}`).toBeUndefined();
    }
  });

  it('takes no hybrid point', () => {
    const { spki } = createPair();
    for (const form of [6, 7]) {
      const hybrid = Buffer.from(spki);
      hybrid[hybrid.length - 65] = form;
      expect(parseSm2PeerPoint(hybrid)).toBeUndefined();
    }
  });
});
