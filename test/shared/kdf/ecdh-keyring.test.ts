import {
  createCipheriv,
  createDecipheriv,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeHex } from '../../../shared/encoding.ts';
import { deriveCounterMode } from '../../../shared/kdf/counter-mode.ts';
import {
  deriveKeyringKeys,
  encodeKeyringFixedInfo,
  type KeyringKeysOptions,
} from '../../../shared/kdf/ecdh-keyring.ts';
import {
  AGREEMENT_CURVES,
  type AgreementSpec,
  compressAgreementPublicKey,
} from '../../../shared/key-agreement/index.ts';
import { Secret } from '../../../shared/secret.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations } from '../../support/mutations.ts';
import { hexOfSecret } from '../../support/secrets.ts';

const specs = Object.keys(AGREEMENT_CURVES) as AgreementSpec[];
const counting = (length: number) => Uint8Array.from({ length }, (_, at) => at);

interface Party {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly spki: Uint8Array;
}

function partyOn(spec: AgreementSpec): Party {
  const { namedCurve } = AGREEMENT_CURVES[spec];
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const spki = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }));
  return { privateKey, publicKey, spki };
}

// Both keys as they were generated: Node agrees with no SM2 key that it has imported.
const agree = (own: Party, peer: Party): Secret =>
  new Secret(diffieHellman({ privateKey: own.privateKey, publicKey: peer.publicKey }));

describe('FixedInfo of the ECDH keyrings', () => {
  const parts = {
    spec: 'ECC_NIST_P256',
    sender: Uint8Array.of(2, ...new Array(32).fill(0x11)),
    recipient: Uint8Array.of(3, ...new Array(32).fill(0x22)),
    encryptionContext: new Map<string, string>(),
  } as const;

  it('has names, compressed keys, sender first, and version between zero bytes', () => {
    const encoded = encodeKeyringFixedInfo(parts);
    expect(encoded).toHaveLength(106);
    expect(Buffer.from(encoded).toString('latin1')).toBe(
      `ecdh-key-derivation\0p256\0HMAC_SHA384\0\x02${'\x11'.repeat(32)}\x03${'"'.repeat(32)}\0\x01\0`,
    );
  });

  it('ends with the encryption context, its keys in order', () => {
    const encryptionContext = new Map([
      ['b', 'x'],
      ['a', 'yz'],
    ]);
    const hex = encodeHex(encodeKeyringFixedInfo({ ...parts, encryptionContext }));
    expect(hex).toBe(`${encodeHex(encodeKeyringFixedInfo(parts))}00020001610002797a000162000178`);
  });

  it('gives the known commitment and wrapping key', () => {
    const keys = deriveCounterMode({
      hash: 'SHA-384',
      secret: new Secret(counting(32)),
      label: encodeKeyringFixedInfo(parts),
      context: new Uint8Array(32).fill(0x33),
      lengthBytes: 64,
    });
    expect(hexOfSecret(keys)).toBe(
      'b25533e3e85218d393fea344aa5fcad25c2b19cd0653b98d6ffdbab9ac5855f7' +
        'cc1f331dea0a2679bb65373b175707b368d294e2d9e5405ae5b439e8282dcd5a',
    );
  });
});

describe.each(specs)('deriveKeyringKeys on %s', (spec) => {
  const sender = partyOn(spec);
  const recipient = partyOn(spec);
  const options: KeyringKeysOptions = {
    secret: agree(sender, recipient),
    spec,
    senderPublicKey: sender.spki,
    recipientPublicKey: recipient.spki,
    encryptionContext: new Map([['purpose', 'test']]),
    salt: new Uint8Array(32).fill(5),
  };

  it('gives both parties the same keys', () => {
    const ours = deriveKeyringKeys(options);
    const theirs = deriveKeyringKeys({ ...options, secret: agree(recipient, sender) });
    expect(hexOfSecret(theirs.commitmentKey)).toBe(hexOfSecret(ours.commitmentKey));
    expect(hexOfSecret(theirs.wrappingKey)).toBe(hexOfSecret(ours.wrappingKey));
    expect(theirs.additionalData).toEqual(ours.additionalData);
    expect(hexOfSecret(ours.commitmentKey)).not.toBe(hexOfSecret(ours.wrappingKey));
    expect([ours.commitmentKey.length, ours.wrappingKey.length]).toEqual([32, 32]);
  });

  it('opens a data key that was wrapped as the specification has it', () => {
    const dataKey = counting(32);
    const fixedInfo = encodeKeyringFixedInfo({
      spec,
      sender: compressAgreementPublicKey(sender.spki, spec),
      recipient: compressAgreementPublicKey(recipient.spki, spec),
      encryptionContext: options.encryptionContext,
    });
    const derived = deriveCounterMode({
      hash: 'SHA-384',
      secret: options.secret,
      label: fixedInfo,
      context: options.salt,
      lengthBytes: 64,
    }).reveal((bytes) => Buffer.from(bytes));
    const cipher = createCipheriv('aes-256-gcm', derived.subarray(32), new Uint8Array(12));
    cipher.setAAD(fixedInfo);
    const wrapped = Buffer.concat([cipher.update(dataKey), cipher.final()]);
    const encryptedDataKey = Buffer.concat([
      options.salt,
      derived.subarray(0, 32),
      wrapped,
      cipher.getAuthTag(),
    ]);

    const { commitmentKey, wrappingKey, additionalData } = deriveKeyringKeys({
      ...options,
      secret: agree(recipient, sender),
      salt: Uint8Array.from(encryptedDataKey.subarray(0, 32)),
    });
    const committed = encryptedDataKey.subarray(32, 64);
    expect(commitmentKey.reveal((bytes) => timingSafeEqual(bytes, committed))).toBe(true);
    const opened = wrappingKey.reveal((key) => {
      const decipher = createDecipheriv('aes-256-gcm', key, new Uint8Array(12), {
        authTagLength: 16,
      });
      decipher.setAAD(additionalData).setAuthTag(encryptedDataKey.subarray(-16));
      return Buffer.concat([decipher.update(encryptedDataKey.subarray(64, -16)), decipher.final()]);
    });
    expect(encodeHex(opened)).toBe(encodeHex(dataKey));
  });

  it('binds both keys to every input', () => {
    const other = partyOn(spec).spki;
    const changes: Partial<KeyringKeysOptions>[] = [
      {},
      { senderPublicKey: other },
      { recipientPublicKey: other },
      { senderPublicKey: recipient.spki, recipientPublicKey: sender.spki },
      { encryptionContext: new Map() },
      { encryptionContext: new Map([['purpose', 'test2']]) },
      { encryptionContext: new Map([['purpos', 'etest']]) },
      ...[...oneByteMutations(options.salt)].map(({ mutated }) => ({ salt: mutated })),
    ];
    const keys = changes.flatMap((change) => {
      const { commitmentKey, wrappingKey } = deriveKeyringKeys({ ...options, ...change });
      return [hexOfSecret(commitmentKey), hexOfSecret(wrappingKey)];
    });
    expect(new Set(keys).size).toBe(2 * changes.length);
  });

  const otherCurve = partyOn(spec === 'ECC_NIST_P256' ? 'ECC_NIST_P384' : 'ECC_NIST_P256');
  it.each<[string, string, Partial<KeyringKeysOptions>]>([
    ['a secret of another curve', 'KDF_SECRET', { secret: new Secret(new Uint8Array(65)) }],
    ['a salt of 31 bytes', 'KDF_SALT', { salt: new Uint8Array(31) }],
    ['a salt of 33 bytes', 'KDF_SALT', { salt: new Uint8Array(33) }],
    ['a sender on another curve', 'AGREEMENT_KEY_CURVE', { senderPublicKey: otherCurve.spki }],
    [
      'a recipient on another curve',
      'AGREEMENT_KEY_CURVE',
      { recipientPublicKey: otherCurve.spki },
    ],
    [
      'a context longer than KMS takes',
      'KDF_ENCRYPTION_CONTEXT',
      { encryptionContext: new Map([['a', 'x'.repeat(8192)]]) },
    ],
    [
      'half a character in a key',
      'KDF_ENCRYPTION_CONTEXT',
      { encryptionContext: new Map([['\ud83d', 'x']]) },
    ],
    [
      'half a character in a value',
      'KDF_ENCRYPTION_CONTEXT',
      { encryptionContext: new Map([['a', '\ude00']]) },
    ],
  ])('refuses %s: %s', (_name, code, change) => {
    expect(codeOf(() => deriveKeyringKeys({ ...options, ...change }))).toBe(code);
  });

  it('takes whole characters beyond the basic plane', () => {
    const encryptionContext = new Map([['😀', '😀']]);
    expect(codeOf(() => deriveKeyringKeys({ ...options, encryptionContext }))).toBeUndefined();
  });
});
