import {
  constants,
  createCipheriv,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import {
  GetParametersForImportCommand,
  type GetParametersForImportCommandInput,
  ImportKeyMaterialCommand,
  type ImportKeyMaterialCommandInput,
  type KMSClient,
} from '@aws-sdk/client-kms';

type Wrapping = Pick<GetParametersForImportCommandInput, 'WrappingAlgorithm' | 'WrappingKeySpec'>;

export const OAEP_SHA_256: Wrapping = {
  WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
  WrappingKeySpec: 'RSA_2048',
};

export const RSA_AES_SHA_256: Wrapping = {
  WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
  WrappingKeySpec: 'RSA_2048',
};

/** Wraps as a user of KMS does, with node:crypto. */
export function wrap(
  publicKey: Uint8Array,
  algorithm: Wrapping['WrappingAlgorithm'],
  material: Uint8Array,
): Uint8Array {
  const oaepHash = algorithm?.endsWith('SHA_1') ? 'sha1' : 'sha256';
  const encrypt = (plaintext: Uint8Array): Buffer =>
    publicEncrypt(
      {
        key: createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }),
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash,
      },
      plaintext,
    );
  return algorithm?.startsWith('RSA_AES') ? wrapInTwoSteps(encrypt, material) : encrypt(material);
}

function wrapInTwoSteps(encrypt: (kek: Uint8Array) => Buffer, material: Uint8Array): Buffer {
  const kek = randomBytes(32);
  return Buffer.concat([encrypt(kek), wrapWithPadding(kek, material)]);
}

/** AES Key Wrap with Padding. */
export function wrapWithPadding(kek: Uint8Array, material: Uint8Array): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', kek, Buffer.from('a65959a6', 'hex'));
  return Buffer.concat([cipher.update(material), cipher.final()]);
}

interface Parameters {
  readonly ImportToken: Uint8Array;
  readonly PublicKey: Uint8Array;
}

/** A set of parameters is good for any number of imports, and its RSA key takes long to make. */
const reused = new WeakMap<KMSClient, Map<string, Parameters>>();

async function parametersFor(
  client: KMSClient,
  input: GetParametersForImportCommandInput,
): Promise<Parameters> {
  const known = reused.get(client) ?? new Map<string, Parameters>();
  reused.set(client, known);
  const name = JSON.stringify(input);
  const parameters =
    known.get(name) ??
    ((await client.send(new GetParametersForImportCommand(input))) as Parameters);
  known.set(name, parameters);
  return parameters;
}

/** All three steps of an import; the first one only once for a key and a day. */
export async function importMaterial(
  client: KMSClient,
  KeyId: string,
  material: Uint8Array,
  options: Partial<ImportKeyMaterialCommandInput & Wrapping> = {},
) {
  const { WrappingAlgorithm, WrappingKeySpec, ...input } = { ...OAEP_SHA_256, ...options };
  const { ImportToken, PublicKey } = await parametersFor(client, {
    KeyId,
    WrappingAlgorithm,
    WrappingKeySpec,
  });
  return client.send(
    new ImportKeyMaterialCommand({
      KeyId,
      ImportToken,
      EncryptedKeyMaterial: wrap(PublicKey, WrappingAlgorithm, material),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      ...input,
    }),
  );
}

const CURVES = {
  ECC_NIST_P256: 'prime256v1',
  ECC_NIST_P384: 'secp384r1',
  ECC_NIST_P521: 'secp521r1',
  ECC_SECG_P256K1: 'secp256k1',
  SM2: 'SM2',
} as const;

export type KeyPairSpec = keyof typeof CURVES | 'ECC_NIST_EDWARDS25519' | 'RSA_2048' | 'RSA_3072';

/** A key pair of one's own: DER PKCS #8 and SubjectPublicKeyInfo. */
export function createOwnKeyPair(spec: KeyPairSpec) {
  const { privateKey, publicKey } = generateFor(spec);
  return {
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }),
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
  };
}

function generateFor(spec: KeyPairSpec) {
  switch (spec) {
    case 'ECC_NIST_EDWARDS25519':
      return generateKeyPairSync('ed25519');
    case 'RSA_2048':
    case 'RSA_3072':
      return generateKeyPairSync('rsa', { modulusLength: Number(spec.slice(4)) });
    default:
      return generateKeyPairSync('ec', { namedCurve: CURVES[spec] });
  }
}
