import { encodeBase64, encodeHex } from '../../shared/encoding.ts';
import type { SigningCredentials } from '../../shared/kms/index.ts';

/** What a caller signs with, in the form that AWS SDKs expect of an access key. */
export interface AccessKey {
  readonly id: string;
  readonly credentials: SigningCredentials;
}

const ID_BYTES = 8;
const SECRET_BYTES = 30;

/** Makes an access key: 20 characters of id, of which the first four are fixed, and 40 of secret. */
export function createAccessKey(randomBytes: (length: number) => Uint8Array): AccessKey {
  const secret = randomBytes(SECRET_BYTES);
  try {
    return {
      // Not AKIA or ASIA, which stand for keys of AWS.
      id: `NKBA${encodeHex(randomBytes(ID_BYTES)).toUpperCase()}`,
      credentials: { secretAccessKey: encodeBase64(secret) },
    };
  } finally {
    secret.fill(0);
  }
}
