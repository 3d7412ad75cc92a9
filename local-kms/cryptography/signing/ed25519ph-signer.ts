import { signEd25519ph, verifyEd25519ph } from '../../../shared/crypto/ed25519ph.ts';
import { rawEd25519PrivateKey, rawPublicKey } from '../key-pairs/raw-key.ts';
import type { Signer } from './signer.ts';

/** Takes a digest of the caller's for its message, and hashes it once more, as KMS documents. */
export const ed25519phSigner: Signer = {
  sign({ privateKey, message }) {
    const raw = rawEd25519PrivateKey(privateKey);
    try {
      return raw.reveal((bytes) => signEd25519ph(message, bytes));
    } finally {
      raw.dispose();
    }
  },
  verify: ({ publicKey, message, signature }) =>
    verifyEd25519ph(message, signature, rawPublicKey(publicKey)),
};
