import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import { CreateKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import type { BenchServer } from './local-kms-servers.ts';

/** A server with what the cases need of it. */
export interface Subject {
  readonly server: BenchServer;
  readonly keyId: string;
  readonly ciphertext: string;
  /** A key on P-256 for key agreement; undefined where the server makes none. */
  readonly agreementKeyId: string | undefined;
}

type Members = Readonly<Record<string, unknown>>;

/** One kind of request. */
export interface RequestCase {
  readonly name: string;
  readonly operation: string;
  readonly attested: boolean;
  readonly members: (subject: Subject) => Members;
}

const EncryptionContext = { purpose: 'bench' };

const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const PublicKey = peer.export({ format: 'der', type: 'spki' }).toString('base64');

function plain(operation: string, members: RequestCase['members']): RequestCase {
  return { name: operation, operation, attested: false, members };
}

function attested(requestCase: RequestCase): RequestCase {
  return { ...requestCase, name: `${requestCase.name}, Recipient`, attested: true };
}

export const generateDataKey = plain('GenerateDataKey', ({ keyId }) => ({
  KeyId: keyId,
  KeySpec: 'AES_256',
  EncryptionContext,
}));

export const attestedGenerateDataKey = attested(generateDataKey);

const encrypt = plain('Encrypt', ({ keyId }) => ({
  KeyId: keyId,
  Plaintext: PublicKey,
  EncryptionContext,
}));

const decrypt = plain('Decrypt', ({ ciphertext }) => ({
  CiphertextBlob: ciphertext,
  EncryptionContext,
}));

const deriveSharedSecret = plain('DeriveSharedSecret', ({ agreementKeyId }) => ({
  KeyId: agreementKeyId,
  KeyAgreementAlgorithm: 'ECDH',
  PublicKey,
}));

const generateDataKeyPair = plain('GenerateDataKeyPair', ({ keyId }) => ({
  KeyId: keyId,
  KeyPairSpec: 'ECC_NIST_P256',
  EncryptionContext,
}));

export const REQUEST_CASES: readonly RequestCase[] = [
  generateDataKey,
  encrypt,
  decrypt,
  deriveSharedSecret,
  generateDataKeyPair,
  attestedGenerateDataKey,
  attested(decrypt),
  attested(deriveSharedSecret),
  attested(generateDataKeyPair),
];

/** Makes on a server what the cases need. */
export async function prepareSubject(server: BenchServer): Promise<Subject> {
  const client = new KMSClient({
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
  const keyId = KeyMetadata?.KeyId as string;
  const { CiphertextBlob = new Uint8Array() } = await client.send(
    new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.alloc(32), EncryptionContext }),
  );
  const agreement = await client
    .send(new CreateKeyCommand({ KeyUsage: 'KEY_AGREEMENT', KeySpec: 'ECC_NIST_P256' }))
    .catch(() => undefined);
  client.destroy();
  return {
    server,
    keyId,
    ciphertext: Buffer.from(CiphertextBlob).toString('base64'),
    agreementKeyId: agreement?.KeyMetadata?.KeyId,
  };
}
