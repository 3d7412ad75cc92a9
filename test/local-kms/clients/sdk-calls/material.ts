import * as aws from '@aws-sdk/client-kms';
import { expect } from 'vitest';
import { ARN, ID, keyArn, notThere, type SdkCalls, text, UNKNOWN } from './scene.ts';

export const materialCalls = {
  GetParametersForImport: ({ client, key, createKey }) => ({
    async works() {
      const KeyId = await createKey({
        Origin: 'EXTERNAL',
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
      });
      return client.send(
        new aws.GetParametersForImportCommand({
          KeyId,
          WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
          WrappingKeySpec: 'RSA_2048',
        }),
      );
    },
    answers: {
      ImportToken: expect.any(Uint8Array),
      PublicKey: { byteLength: 294 },
      ParametersValidTo: expect.any(Date),
    },
    refused: () =>
      client.send(
        new aws.GetParametersForImportCommand({
          KeyId: key,
          WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
          WrappingKeySpec: 'RSA_2048',
        }),
      ),
    error: [
      'UnsupportedOperationException',
      /^arn:aws:kms:\S+ origin is AWS_KMS which is not valid for this operation\.$/,
    ],
  }),
  ImportKeyMaterial: ({ client, importInput }) => ({
    works: async () => client.send(new aws.ImportKeyMaterialCommand(await importInput())),
    answers: { KeyId: expect.stringContaining(ARN), KeyMaterialId: expect.stringMatching(ID) },
    refused: async () =>
      client.send(
        new aws.ImportKeyMaterialCommand({ ...(await importInput()), ExpirationModel: undefined }),
      ),
    error: [
      'ValidationException',
      'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
    ],
  }),
  DeleteImportedKeyMaterial: ({ client, key, importInput }) => ({
    async works() {
      const input = await importInput();
      const { KeyId } = input;
      await client.send(new aws.ImportKeyMaterialCommand(input));
      await client.send(new aws.DeleteImportedKeyMaterialCommand({ KeyId }));
      return client.send(new aws.DescribeKeyCommand({ KeyId }));
    },
    answers: { KeyMetadata: { KeyState: 'PendingImport', Enabled: false } },
    refused: () => client.send(new aws.DeleteImportedKeyMaterialCommand({ KeyId: key })),
    error: [
      'UnsupportedOperationException',
      /^arn:aws:kms:\S+ origin is AWS_KMS which is not valid for this operation\.$/,
    ],
  }),
  EnableKeyRotation: ({ client, key }) => ({
    async works() {
      await client.send(new aws.EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 90 }));
      return client.send(new aws.GetKeyRotationStatusCommand({ KeyId: key }));
    },
    answers: {
      KeyRotationEnabled: true,
      RotationPeriodInDays: 90,
      NextRotationDate: expect.any(Date),
    },
    refused: () =>
      client.send(new aws.EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 89 })),
    error: [
      'ValidationException',
      "1 validation error detected: Value '89' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value greater than or equal to 90",
    ],
  }),
  DisableKeyRotation: ({ client, key, signing }) => ({
    async works() {
      await client.send(new aws.EnableKeyRotationCommand({ KeyId: key }));
      await client.send(new aws.DisableKeyRotationCommand({ KeyId: key }));
      return client.send(new aws.GetKeyRotationStatusCommand({ KeyId: key }));
    },
    answers: { KeyRotationEnabled: false },
    refused: () => client.send(new aws.DisableKeyRotationCommand({ KeyId: signing })),
    error: ['UnsupportedOperationException', /./],
  }),
  GetKeyRotationStatus: ({ client, key }) => ({
    works: () => client.send(new aws.GetKeyRotationStatusCommand({ KeyId: key })),
    answers: { KeyId: keyArn(key), KeyRotationEnabled: false },
    refused: () => client.send(new aws.GetKeyRotationStatusCommand({ KeyId: UNKNOWN })),
    error: ['NotFoundException', notThere],
  }),
  RotateKeyOnDemand: ({ client, key, signing, encrypt }) => ({
    async works() {
      const CiphertextBlob = await encrypt(key);
      const { KeyId } = await client.send(new aws.RotateKeyOnDemandCommand({ KeyId: key }));
      const { Plaintext } = await client.send(new aws.DecryptCommand({ CiphertextBlob }));
      return { KeyId, Plaintext };
    },
    answers: { KeyId: keyArn(key), Plaintext: new Uint8Array(text) },
    refused: () => client.send(new aws.RotateKeyOnDemandCommand({ KeyId: signing })),
    error: ['UnsupportedOperationException', /./],
  }),
  ListKeyRotations: ({ client, key }) => ({
    async works() {
      await client.send(new aws.RotateKeyOnDemandCommand({ KeyId: key }));
      return client.send(new aws.ListKeyRotationsCommand({ KeyId: key }));
    },
    answers: {
      Rotations: [{ RotationType: 'ON_DEMAND', RotationDate: expect.any(Date) }],
      Truncated: false,
    },
    refused: () => client.send(new aws.ListKeyRotationsCommand({ KeyId: UNKNOWN })),
    error: ['NotFoundException', notThere],
  }),
} satisfies SdkCalls;
