import {
  CreateKeyCommand,
  DecryptCommand,
  GenerateDataKeyPairCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { createTestClient, startTestKms } from '../../support/local-kms.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';

/** The lengths of PKCS #8 and SPKI that the service answers; RSA private keys vary by some bytes. */
const specs = [
  ['RSA_2048', undefined, 294],
  ['RSA_3072', undefined, 422],
  ['RSA_4096', undefined, 550],
  ['ECC_NIST_P256', 138, 91],
  ['ECC_NIST_P384', 185, 120],
  ['ECC_NIST_P521', 241, 158],
  ['ECC_SECG_P256K1', 135, 88],
  ['SM2', 138, 91],
  ['ECC_NIST_EDWARDS25519', 48, 44],
] as const;

let kms: LocalKms;
let client: KMSClient;
let KeyId: string;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms, { region: 'cn-north-1' });
  KeyId = (await client.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? '';
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

describe('data key pairs', () => {
  it.skipIf(!haveOpenssl).each(specs)(
    'of %s are PKCS #8 and SPKI that openssl reads (skipped without openssl)',
    async (KeyPairSpec, privateBytes, publicBytes) => {
      const answer = await client.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec }));
      expect(answer).toMatchObject({ KeyId, KeyPairSpec });
      const { PrivateKeyPlaintext = new Uint8Array(), PrivateKeyCiphertextBlob } = answer;
      if (privateBytes !== undefined) expect(PrivateKeyPlaintext).toHaveLength(privateBytes);
      expect(answer.PublicKey).toHaveLength(publicBytes);
      const derived = openssl(
        ['pkey', '-inform', 'DER', '-pubout', '-outform', 'DER'],
        PrivateKeyPlaintext,
      );
      expect(Buffer.from(derived)).toEqual(Buffer.from(answer.PublicKey ?? []));
      const opened = await client.send(
        new DecryptCommand({ CiphertextBlob: PrivateKeyCiphertextBlob }),
      );
      expect(opened.Plaintext).toEqual(PrivateKeyPlaintext);
    },
  );
});
