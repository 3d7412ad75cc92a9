import { createHash } from 'node:crypto';
import * as aws from '@aws-sdk/client-kms';
import { expect } from 'vitest';
import { ID, keyArn, peer, type SdkCalls, text } from './scene.ts';

export const cryptographyCalls = {
  Encrypt: ({ client, key }) => ({
    works: () => client.send(new aws.EncryptCommand({ KeyId: key, Plaintext: text })),
    answers: {
      KeyId: keyArn(key),
      CiphertextBlob: expect.any(Uint8Array),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    },
    refused: () =>
      client.send(new aws.EncryptCommand({ KeyId: key, Plaintext: new Uint8Array(4097) })),
    error: [
      'ValidationException',
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    ],
  }),
  Decrypt: ({ client, key, symmetric, encrypt }) => ({
    works: async () => client.send(new aws.DecryptCommand({ CiphertextBlob: await encrypt(key) })),
    answers: {
      KeyId: keyArn(key),
      Plaintext: new Uint8Array(text),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      KeyMaterialId: expect.stringMatching(ID),
    },
    refused: async () =>
      client.send(new aws.DecryptCommand({ CiphertextBlob: await encrypt(key), KeyId: symmetric })),
    error: [
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    ],
  }),
  ReEncrypt: ({ client, key, symmetric, mac, encrypt }) => ({
    works: async () =>
      client.send(
        new aws.ReEncryptCommand({
          CiphertextBlob: await encrypt(key),
          DestinationKeyId: symmetric,
        }),
      ),
    answers: {
      SourceKeyId: keyArn(key),
      KeyId: keyArn(symmetric),
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    },
    refused: async () =>
      client.send(
        new aws.ReEncryptCommand({ CiphertextBlob: await encrypt(key), DestinationKeyId: mac }),
      ),
    error: [
      'InvalidKeyUsageException',
      `${keyArn(mac)} key usage is GENERATE_VERIFY_MAC which is not valid for ReEncryptTo.`,
    ],
  }),
  GenerateDataKey: ({ client, key }) => ({
    works: () => client.send(new aws.GenerateDataKeyCommand({ KeyId: key, KeySpec: 'AES_128' })),
    answers: {
      KeyId: keyArn(key),
      Plaintext: { byteLength: 16 },
      CiphertextBlob: expect.any(Uint8Array),
    },
    refused: () => client.send(new aws.GenerateDataKeyCommand({ KeyId: key })),
    error: ['ValidationException', /./],
  }),
  GenerateDataKeyWithoutPlaintext: ({ client, key }) => ({
    works: () =>
      client.send(new aws.GenerateDataKeyWithoutPlaintextCommand({ KeyId: key, NumberOfBytes: 5 })),
    answers: { KeyId: keyArn(key), CiphertextBlob: expect.any(Uint8Array) },
    refused: () =>
      client.send(
        new aws.GenerateDataKeyWithoutPlaintextCommand({
          KeyId: key,
          NumberOfBytes: 5,
          DryRun: true,
        }),
      ),
    error: [
      'DryRunOperationException',
      'The request would have succeeded, but the DryRun option is set.',
    ],
  }),
  GenerateDataKeyPair: ({ client, key, signing }) => ({
    works: () =>
      client.send(
        new aws.GenerateDataKeyPairCommand({ KeyId: key, KeyPairSpec: 'ECC_SECG_P256K1' }),
      ),
    answers: {
      KeyId: keyArn(key),
      KeyPairSpec: 'ECC_SECG_P256K1',
      PublicKey: { byteLength: 88 },
      PrivateKeyPlaintext: expect.any(Uint8Array),
      PrivateKeyCiphertextBlob: expect.any(Uint8Array),
    },
    refused: () =>
      client.send(new aws.GenerateDataKeyPairCommand({ KeyId: signing, KeyPairSpec: 'RSA_2048' })),
    error: [
      'InvalidKeyUsageException',
      `${keyArn(signing)} key usage is SIGN_VERIFY which is not valid for GenerateDataKeyPair.`,
    ],
  }),
  GenerateDataKeyPairWithoutPlaintext: ({ client, key }) => ({
    works: () =>
      client.send(
        new aws.GenerateDataKeyPairWithoutPlaintextCommand({
          KeyId: key,
          KeyPairSpec: 'ECC_NIST_EDWARDS25519',
        }),
      ),
    answers: {
      KeyId: keyArn(key),
      KeyPairSpec: 'ECC_NIST_EDWARDS25519',
      PublicKey: { byteLength: 44 },
      PrivateKeyCiphertextBlob: expect.any(Uint8Array),
    },
    refused: () =>
      client.send(
        new aws.GenerateDataKeyPairWithoutPlaintextCommand({
          KeyId: key,
          KeyPairSpec: 'X' as 'SM2',
        }),
      ),
    error: [
      'ValidationException',
      /Value 'X' at 'keyPairSpec' failed to satisfy constraint: Member must satisfy enum value set: \[/,
    ],
  }),
  GenerateRandom: ({ client }) => ({
    works: () => client.send(new aws.GenerateRandomCommand({ NumberOfBytes: 1024 })),
    answers: { Plaintext: { byteLength: 1024 } },
    refused: () => client.send(new aws.GenerateRandomCommand({})),
    error: ['ValidationException', 'NumberOfBytes is required.'],
  }),
  DeriveSharedSecret: ({ client, signing, agreement }) => ({
    works: () =>
      client.send(
        new aws.DeriveSharedSecretCommand({
          KeyId: agreement,
          KeyAgreementAlgorithm: 'ECDH',
          PublicKey: peer,
        }),
      ),
    answers: {
      KeyId: keyArn(agreement),
      SharedSecret: { byteLength: 48 },
      KeyAgreementAlgorithm: 'ECDH',
      KeyOrigin: 'AWS_KMS',
    },
    refused: () =>
      client.send(
        new aws.DeriveSharedSecretCommand({
          KeyId: signing,
          KeyAgreementAlgorithm: 'ECDH',
          PublicKey: peer,
        }),
      ),
    error: [
      'InvalidKeyUsageException',
      `${keyArn(signing)} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret.`,
    ],
  }),
  Sign: ({ client, signing }) => ({
    works: () =>
      client.send(
        new aws.SignCommand({ KeyId: signing, Message: text, SigningAlgorithm: 'ECDSA_SHA_256' }),
      ),
    answers: {
      KeyId: keyArn(signing),
      Signature: expect.any(Uint8Array),
      SigningAlgorithm: 'ECDSA_SHA_256',
    },
    refused: () =>
      client.send(
        new aws.SignCommand({
          KeyId: signing,
          Message: text,
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      ),
    error: ['ValidationException', 'Digest is invalid length for algorithm ECDSA_SHA_256.'],
  }),
  Verify: ({ client, signing }) => ({
    async works() {
      const about = { KeyId: signing, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
      const Message = createHash('sha256').update(text).digest();
      const { Signature } = await client.send(
        new aws.SignCommand({ ...about, Message, MessageType: 'DIGEST' }),
      );
      return client.send(
        new aws.VerifyCommand({ ...about, Message: text, MessageType: 'RAW', Signature }),
      );
    },
    answers: { KeyId: keyArn(signing), SignatureValid: true, SigningAlgorithm: 'ECDSA_SHA_256' },
    refused: () =>
      client.send(
        new aws.VerifyCommand({
          KeyId: signing,
          Message: text,
          SigningAlgorithm: 'ECDSA_SHA_256',
          Signature: new Uint8Array(70),
        }),
      ),
    error: ['KMSInvalidSignatureException', /^(?:UnknownError|)$/],
  }),
  GenerateMac: ({ client, mac }) => ({
    works: () =>
      client.send(
        new aws.GenerateMacCommand({ KeyId: mac, Message: text, MacAlgorithm: 'HMAC_SHA_256' }),
      ),
    answers: { KeyId: keyArn(mac), Mac: { byteLength: 32 }, MacAlgorithm: 'HMAC_SHA_256' },
    refused: () =>
      client.send(
        new aws.GenerateMacCommand({ KeyId: mac, Message: text, MacAlgorithm: 'HMAC_SHA_512' }),
      ),
    error: [
      'InvalidKeyUsageException',
      'Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.',
    ],
  }),
  VerifyMac: ({ client, mac }) => ({
    async works() {
      const about = { KeyId: mac, Message: text, MacAlgorithm: 'HMAC_SHA_256' } as const;
      const { Mac } = await client.send(new aws.GenerateMacCommand(about));
      return client.send(new aws.VerifyMacCommand({ ...about, Mac }));
    },
    answers: { KeyId: keyArn(mac), MacValid: true, MacAlgorithm: 'HMAC_SHA_256' },
    refused: () =>
      client.send(
        new aws.VerifyMacCommand({
          KeyId: mac,
          Message: text,
          MacAlgorithm: 'HMAC_SHA_256',
          Mac: new Uint8Array(32),
        }),
      ),
    error: ['KMSInvalidMacException', /^(?:UnknownError|)$/],
  }),
} satisfies SdkCalls;
