import { generateKeyPairSync, randomBytes } from 'node:crypto';
import * as aws from '@aws-sdk/client-kms';
import { wrap } from '../../../support/key-import.ts';

const ACCOUNT = '111122223333';
export const ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:`;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/Worker`;
/** A key id that no key has. */
export const UNKNOWN = '00000000-0000-4000-8000-000000000000';
/** Of a grant, or of key material. */
export const ID = /^[0-9a-f]{64}$/;
export const keyArn = (keyId: string): string => `${ARN}key/${keyId}`;
export const notThere = `Key '${keyArn(UNKNOWN)}' does not exist`;
export const text = Buffer.from('a message');

/** The public key of somebody to agree on a secret with. */
export const peer = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({
  format: 'der',
  type: 'spki',
});

/** One call of an operation that works, and one that is refused. */
export interface SdkCall {
  works(): Promise<unknown>;
  readonly answers: object;
  refused(): Promise<unknown>;
  readonly error: readonly [name: string, message: string | RegExp];
}

export type SdkCalls = Readonly<Record<string, (scene: Scene) => SdkCall>>;

export interface Keys {
  /** A symmetric key that no other call uses. */
  readonly key: string;
  readonly symmetric: string;
  /** ECC_NIST_P256 */
  readonly signing: string;
  /** ECC_NIST_P384 */
  readonly agreement: string;
  /** HMAC_256 */
  readonly mac: string;
}

export type Scene = ReturnType<typeof createScene>;

/** What the calls are made with. */
export function createScene(client: aws.KMSClient, keys: Keys) {
  const { key, symmetric } = keys;
  const createKey = createKeyWith(client);
  return {
    client,
    ...keys,
    createKey,
    async encrypt(KeyId = symmetric): Promise<Uint8Array | undefined> {
      const command = new aws.EncryptCommand({ KeyId, Plaintext: text });
      return (await client.send(command)).CiphertextBlob;
    },
    async createGrant(): Promise<aws.CreateGrantCommandOutput> {
      const input = { KeyId: key, GranteePrincipal: ROLE, RetiringPrincipal: ROLE };
      return client.send(new aws.CreateGrantCommand({ ...input, Operations: ['Decrypt'] }));
    },
    async createAlias(): Promise<string> {
      const AliasName = `alias/${randomBytes(4).toString('hex')}`;
      await client.send(new aws.CreateAliasCommand({ AliasName, TargetKeyId: key }));
      return AliasName;
    },
    /** For a new key of origin EXTERNAL. */
    async importInput(): Promise<aws.ImportKeyMaterialCommandInput> {
      const KeyId = await createKey({ Origin: 'EXTERNAL' });
      const WrappingAlgorithm = 'RSAES_OAEP_SHA_256';
      const { PublicKey, ImportToken } = await client.send(
        new aws.GetParametersForImportCommand({
          KeyId,
          WrappingAlgorithm,
          WrappingKeySpec: 'RSA_2048',
        }),
      );
      const EncryptedKeyMaterial = wrap(
        PublicKey as Uint8Array,
        WrappingAlgorithm,
        randomBytes(32),
      );
      const ExpirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE';
      return { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel };
    },
  };
}

export function createKeyWith(client: aws.KMSClient) {
  return async (input: aws.CreateKeyCommandInput = {}): Promise<string> => {
    const { KeyMetadata } = await client.send(new aws.CreateKeyCommand(input));
    return KeyMetadata?.KeyId ?? '';
  };
}
