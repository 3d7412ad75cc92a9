// The example with the AWS Encryption SDK, in an enclave and outside of it, against the local KMS.
import { randomBytes } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import type { KMS } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createKeyring,
  decrypt,
  decryptStream,
  encrypt,
  encryptStream,
} from '../../docs/examples/encryption-sdk.ts';
import { startLocalKms, type TestKms } from '../../local-kms/testing.ts';
import {
  type AttestedClient,
  createAttestedClient,
  createPlainClient,
} from '../support/attested-client.ts';
import { createTestEnclave } from '../support/attested-recipient.ts';

const CONTEXT = { tenant: 'one' };
/** Some frames of 4096 bytes, and a part of one. */
const RECORDS = randomBytes(70_001);

let kms: TestKms;
let attested: AttestedClient;
let plain: KMS;
let keyArn: string;
let keyrings: Record<'enclave' | 'outside', ReturnType<typeof createKeyring>>;

beforeAll(async () => {
  kms = await startLocalKms({ transport: { kind: 'tls' } });
  attested = await createAttestedClient(kms, createTestEnclave({ root: kms.nsmRoot }).nsm);
  plain = createPlainClient(kms);
  keyArn = (await plain.createKey({})).KeyMetadata?.Arn ?? '';
  keyrings = {
    enclave: createKeyring({ kms: attested.client, keyArn }),
    outside: createKeyring({ kms: plain, keyArn }),
  };
});

afterAll(async () => {
  attested.close();
  plain.destroy();
  await kms.close();
});

function collect() {
  const parts: Uint8Array[] = [];
  const to = new Writable({
    write(part, _encoding, done) {
      parts.push(part);
      done();
    },
  });
  return { to, bytes: () => Buffer.concat(parts) };
}

/** In pieces, as from a file or a socket. */
const from = (bytes: Uint8Array): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) =>
      bytes.subarray(1000 * i, 1000 * (i + 1)),
    ),
  );

const encryptAll = async (by: keyof typeof keyrings, plaintext: Uint8Array) => {
  const message = collect();
  await encryptStream(keyrings[by], { from: from(plaintext), to: message.to }, CONTEXT);
  return message.bytes();
};
const decryptAll = async (by: keyof typeof keyrings, message: Uint8Array, context = CONTEXT) => {
  const plaintext = collect();
  await decryptStream(keyrings[by], { from: from(message), to: plaintext.to }, context);
  return plaintext.bytes();
};

const lastCalls = (count: number) =>
  kms.events.slice(-count).map(({ eventName, additionalEventData }) => ({
    eventName,
    isAttested: additionalEventData !== undefined && 'recipient' in additionalEventData,
  }));

describe.each([
  ['enclave', 'outside'],
  ['outside', 'enclave'],
  ['enclave', 'enclave'],
] as const)('a message that was written %s is read %s', (writer, reader) => {
  it('whole', async () => {
    const message = await encrypt(keyrings[writer], RECORDS, CONTEXT);
    expect(Buffer.from(message).includes(RECORDS.subarray(0, 16))).toBe(false);
    expect(RECORDS.equals(await decrypt(keyrings[reader], message, CONTEXT))).toBe(true);
    expect(lastCalls(2)).toEqual([
      { eventName: 'GenerateDataKey', isAttested: writer === 'enclave' },
      { eventName: 'Decrypt', isAttested: reader === 'enclave' },
    ]);
  });

  it('as a stream', async () => {
    const message = await encryptAll(writer, RECORDS);
    expect(RECORDS.equals(await decryptAll(reader, message))).toBe(true);
  });
});

describe('in the enclave', () => {
  it('messages commit to their key', async () => {
    const message = await encrypt(keyrings.enclave, RECORDS, CONTEXT);
    // Version 2, and ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY.
    expect(Buffer.from(message).subarray(0, 3).toString('hex')).toBe('020478');
  });

  it('Decrypt names the key by its ARN', async () => {
    await decrypt(keyrings.enclave, await encrypt(keyrings.outside, RECORDS, CONTEXT), CONTEXT);
    expect(kms.events.at(-1)?.requestParameters).toMatchObject({ keyId: keyArn });
  });

  it('a message of another context is not read', async () => {
    const message = await encrypt(keyrings.outside, RECORDS, CONTEXT);
    const other = { tenant: 'two' };
    await expect(decrypt(keyrings.enclave, message, other)).rejects.toThrow('another context');
    await expect(decryptAll('enclave', message, other)).rejects.toThrow('another context');
  });

  it('a message under another key is not read, and costs no call', async () => {
    const { KeyMetadata } = await plain.createKey({});
    const keyring = createKeyring({ kms: plain, keyArn: KeyMetadata?.Arn ?? '' });
    const message = await encrypt(keyring, RECORDS, CONTEXT);
    const before = kms.events.length;
    await expect(decrypt(keyrings.enclave, message, CONTEXT)).rejects.toThrow();
    expect(kms.events.length).toBe(before);
  });

  it('a changed or cut message is refused', async () => {
    const message = await encryptAll('outside', RECORDS);
    const changed = Uint8Array.from(message);
    changed[40_000] = (changed[40_000] as number) ^ 1;
    await expect(decryptAll('enclave', changed)).rejects.toThrow();
    await expect(decryptAll('enclave', message.subarray(0, 40_000))).rejects.toThrow();
  });
});
