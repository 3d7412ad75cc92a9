/*
 * Data encrypted with the AWS Encryption SDK for JavaScript, on data keys that only the enclave gets.
 *
 *     npm install nitro-key-broker @aws-crypto/client-node
 *
 * `kms` is the attested client: `(await createEnclave(config, …)).kms`, or a `KMS` client of your own
 * with the `attestedRecipient` plugin. Outside of an enclave the same code reads and writes the same
 * messages with a plain `new KMS({ region })`, where the key policy lets it.
 */
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  KmsKeyringNode,
  type KmsNodeClientSupplier,
  limitRegions,
  type MessageHeader,
} from '@aws-crypto/client-node';
import type { KMS } from '@aws-sdk/client-kms';

/**
 * Messages commit to their key: nobody can make one that opens to two plaintexts under two keys. The
 * data keys in one are at most two, so that a forged message costs no more calls to KMS.
 */
const sdk = buildClient({
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  maxEncryptedDataKeys: 2,
});

/**
 * Without the signature that is the default: it tells readers who wrote a message, and here whoever
 * may read may also write. It would be checked at the very end of a stream.
 */
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

export type Context = Readonly<Record<string, string>>;

/** Data keys under one KMS key, by its ARN: never an alias, never whatever key a message names. */
export function createKeyring(options: {
  readonly kms: KMS;
  readonly keyArn: string;
}): KmsKeyringNode {
  const [, , , region = ''] = options.keyArn.split(':');
  // The cast is for TypeScript's exactOptionalPropertyTypes, which the two SDKs' types do not know.
  const client = (() => options.kms) as KmsNodeClientSupplier;
  return new KmsKeyringNode({
    generatorKeyId: options.keyArn,
    clientProvider: limitRegions([region], client),
  });
}

export async function encrypt(
  keyring: KmsKeyringNode,
  plaintext: Uint8Array,
  context: Context,
): Promise<Uint8Array> {
  const { result } = await sdk.encrypt(keyring, plaintext, {
    suiteId,
    encryptionContext: { ...context },
  });
  return result;
}

/** Opens a message that was encrypted for just this context. */
export async function decrypt(
  keyring: KmsKeyringNode,
  message: Uint8Array,
  context: Context,
): Promise<Uint8Array> {
  const { plaintext, messageHeader } = await sdk.decrypt(keyring, message);
  checkContext(messageHeader, context);
  return plaintext;
}

export async function encryptStream(
  keyring: KmsKeyringNode,
  streams: { readonly from: Readable; readonly to: Writable },
  context: Context,
): Promise<void> {
  const encrypting = sdk.encryptStream(keyring, { suiteId, encryptionContext: { ...context } });
  await pipeline(streams.from, encrypting, streams.to);
}

/**
 * Opens a message piece by piece. Each piece is genuine and in its place when it arrives, but only
 * when this resolves is it certain that none is missing: until then, act on nothing.
 */
export async function decryptStream(
  keyring: KmsKeyringNode,
  streams: { readonly from: Readable; readonly to: Writable },
  context: Context,
): Promise<void> {
  const decrypting = sdk.decryptUnsignedMessageStream(keyring, {
    // Of one piece: what the stream may hold in memory before it knows that it is genuine.
    maxBodySize: 1024 * 1024,
  });
  decrypting.once('MessageHeader', (header: MessageHeader) => {
    try {
      checkContext(header, context);
    } catch (error) {
      decrypting.destroy(error as Error);
    }
  });
  await pipeline(streams.from, decrypting, streams.to);
}

/** KMS has checked that the context belongs to the data key; whether it is the right one, nobody has. */
function checkContext({ encryptionContext }: MessageHeader, expected: Context): void {
  for (const [name, value] of Object.entries(expected)) {
    if (encryptionContext[name] !== value) throw new Error('a message of another context');
  }
}
