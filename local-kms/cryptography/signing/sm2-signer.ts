import { Buffer } from 'node:buffer';
import { computeSm2Digest, signSm2Digest, verifySm2Digest } from '../../../shared/crypto/sm2.ts';
import { rawEcPrivateKey, rawPublicKey } from '../key-pairs/raw-key.ts';
import { encodeSm2Signature, parseSm2Signature } from '../key-pairs/sm2-encoding.ts';
import type { Signer } from './signer.ts';

/** KMS's distinguishing id. Who wants another one makes the digest, and signs that. */
const DISTINGUISHING_ID = Buffer.from('1234567812345678');

export const sm2DigestSigner: Signer = {
  sign({ privateKey, message, randomBytes }) {
    const raw = rawEcPrivateKey(privateKey);
    try {
      return encodeSm2Signature(raw.reveal((d) => signSm2Digest(message, d, randomBytes)));
    } finally {
      raw.dispose();
    }
  },
  verify({ publicKey, message, signature: encoded }) {
    const signature = parseSm2Signature(encoded);
    return signature !== undefined && verifySm2Digest(message, signature, rawPublicKey(publicKey));
  },
};

export const sm2MessageSigner: Signer = {
  sign: (input) => sm2DigestSigner.sign({ ...input, message: digestOf(input) }),
  verify: (input) => sm2DigestSigner.verify({ ...input, message: digestOf(input) }),
};

function digestOf(input: { readonly message: Uint8Array; readonly publicKey: Uint8Array }) {
  return computeSm2Digest(input.message, rawPublicKey(input.publicKey), DISTINGUISHING_ID);
}
