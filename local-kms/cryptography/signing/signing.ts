import type { Backend } from '../../backend.ts';
import { unsupported, validationError } from '../../errors.ts';
import { openCurrent } from '../../keys/material.ts';
import type { KeyRecord } from '../../store/records.ts';
import { checkAlgorithm } from '../algorithm.ts';
import { publicKeyOf } from '../key-pairs/public-key.ts';
import type { Signer } from './signer.ts';
import {
  type MessageType,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type SigningAlgorithmEntry,
} from './signing-algorithms.ts';

/** What Sign and Verify are asked about. */
export interface SigningRequest {
  readonly SigningAlgorithm: SigningAlgorithm;
  readonly MessageType: MessageType | undefined;
  readonly Message: Uint8Array;
}

/**
 * Refuses an algorithm that is not the key's, a message type that does not go with it, and a digest
 * that is none of its hash.
 *
 * @throws {KmsServiceError} InvalidKeyUsageException, ValidationException,
 *   UnsupportedOperationException for EXTERNAL_MU, which Node does not let out of OpenSSL
 */
export function checkSigning(key: KeyRecord, request: SigningRequest): void {
  const { SigningAlgorithm: algorithm, MessageType: type = 'RAW', Message: message } = request;
  checkAlgorithm(algorithm, key);
  const { digestBytes, signers }: SigningAlgorithmEntry = SIGNING_ALGORITHMS[algorithm];
  if (algorithm === 'ML_DSA_SHAKE_256' && type === 'EXTERNAL_MU') {
    throw unsupported('This server does not support MessageType EXTERNAL_MU.');
  }
  if (signers[type] === undefined) {
    throw validationError(`Message type ${type} is incompatible with algorithm ${algorithm}.`);
  }
  if (type === 'DIGEST' && message.length !== digestBytes) {
    throw validationError(`Digest is invalid length for algorithm ${algorithm}.`);
  }
}

/** Signs what {@link checkSigning} has passed. */
export async function signMessage(
  backend: Backend,
  key: KeyRecord,
  request: SigningRequest,
): Promise<Uint8Array> {
  return signerOf(request).sign({
    privateKey: openCurrent(backend, key),
    publicKey: publicKeyOf(key),
    message: request.Message,
    randomBytes: backend.randomBytes,
  });
}

/** Verifies a signature of what {@link checkSigning} has passed. */
export function verifyMessage(
  key: KeyRecord,
  request: SigningRequest & { readonly Signature: Uint8Array },
): boolean {
  const { Message: message, Signature: signature } = request;
  return signerOf(request).verify({ publicKey: publicKeyOf(key), message, signature });
}

function signerOf({ SigningAlgorithm, MessageType = 'RAW' }: SigningRequest): Signer {
  const { signers }: SigningAlgorithmEntry = SIGNING_ALGORITHMS[SigningAlgorithm];
  const signer = signers[MessageType];
  if (signer === undefined) throw new Error('checkSigning lets no other message type pass');
  return signer;
}
