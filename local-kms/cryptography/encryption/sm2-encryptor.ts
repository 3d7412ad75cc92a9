import { decryptSm2, encryptSm2 } from '../../../shared/crypto/sm2.ts';
import { Secret } from '../../../shared/secret.ts';
import { rawEcPrivateKey, rawPublicKey } from '../key-pairs/raw-key.ts';
import { encodeSm2Ciphertext, parseSm2Ciphertext } from '../key-pairs/sm2-encoding.ts';
import type { Encryptor } from './encryptor.ts';

const MAX_PLAINTEXT_BYTES = 1024;

/** SM2PKE: the ciphertexts are those of OpenSSL's `pkeyutl`. */
export const sm2Encryptor: Encryptor = {
  maxPlaintextBytes: () => MAX_PLAINTEXT_BYTES,
  encrypt: ({ publicKey, plaintext, randomBytes }) =>
    encodeSm2Ciphertext(encryptSm2(plaintext, rawPublicKey(publicKey), randomBytes)),
  decrypt({ privateKey, ciphertext }) {
    const parsed = parseSm2Ciphertext(ciphertext);
    if (parsed === undefined) return undefined;
    const raw = rawEcPrivateKey(privateKey);
    try {
      const plaintext = raw.reveal((d) => decryptSm2(parsed, d));
      return plaintext && new Secret(plaintext);
    } finally {
      raw.dispose();
    }
  },
};
