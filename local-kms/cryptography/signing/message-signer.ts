import { constants, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { importPublicKey } from '../key-pairs/public-key.ts';
import type { Signer } from './signer.ts';

const signInThreadPool = promisify(sign);

const PADDINGS = {
  pkcs1: { padding: constants.RSA_PKCS1_PADDING },
  pss: {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  },
  none: {},
} as const;

/**
 * A signer of whole messages: OpenSSL's own. Signing is in the thread pool, RSA-4096 takes
 * milliseconds; verifying is not worth the way there.
 *
 * @param hash - null where the algorithm has its own.
 */
export function createMessageSigner(
  hash: 'sha256' | 'sha384' | 'sha512' | null,
  padding: keyof typeof PADDINGS,
): Signer {
  const options = PADDINGS[padding];
  return {
    sign: ({ privateKey, message }) =>
      signInThreadPool(hash, message, { key: privateKey, ...options }),
    verify: ({ publicKey, message, signature }) =>
      verify(hash, message, { key: importPublicKey(publicKey), ...options }, signature),
  };
}
