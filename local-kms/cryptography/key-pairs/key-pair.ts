import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyPairForm } from '../../../shared/key-pair/index.ts';
import { Secret } from '../../../shared/secret.ts';
import { unsupported } from '../../errors.ts';

const generate = promisify(generateKeyPair);

export interface KeyPair {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** DER PKCS #8. */
  readonly privateKey: Secret;
}

/**
 * Makes a key pair in the thread pool: RSA-4096 takes seconds. The caller disposes of the secret.
 *
 * @throws {KmsServiceError} UnsupportedOperationException for ML-DSA where OpenSSL has none
 */
export async function createKeyPair(form: KeyPairForm): Promise<KeyPair> {
  const { publicKey, privateKey } = await generateFor(form);
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    privateKey: new Secret(privateKey.export({ format: 'der', type: 'pkcs8' })),
  };
}

function generateFor(form: KeyPairForm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (form.type) {
    case 'rsa':
      return generate('rsa', { modulusLength: form.modulusLength, publicExponent: 0x10001 });
    case 'ec':
      return generate('ec', { namedCurve: form.namedCurve });
    case 'ed25519':
      return generate('ed25519');
    default:
      return generateMlDsa(form.type);
  }
}

async function generateMlDsa(type: string) {
  try {
    // A name that the types of Node 20 do not know yet; it takes no options, like Ed25519.
    return await generate(type as 'ed25519');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_INVALID_ARG_VALUE') throw cause;
    throw unsupported(`${type} needs OpenSSL 3.5, which came with Node.js 24.6.`);
  }
}
