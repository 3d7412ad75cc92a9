import {
  createPkcs1DigestSigner,
  createPssDigestSigner,
  ecdsaDigestSigner,
} from './digest-signer.ts';
import { ed25519phSigner } from './ed25519ph-signer.ts';
import { createMessageSigner } from './message-signer.ts';
import type { Signer } from './signer.ts';
import { sm2DigestSigner, sm2MessageSigner } from './sm2-signer.ts';

export const MESSAGE_TYPES = ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const;

export type MessageType = (typeof MESSAGE_TYPES)[number];

export interface SigningAlgorithmEntry {
  /** How long a digest is, where the algorithm takes one. */
  readonly digestBytes?: number;
  /** The message types that the algorithm goes with. */
  readonly signers: Readonly<Partial<Record<MessageType, Signer>>>;
}

type ShaName = 'sha256' | 'sha384' | 'sha512';

const DIGEST_BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const satisfies Record<
  ShaName,
  number
>;

function pss(hash: ShaName): SigningAlgorithmEntry {
  const signers = { RAW: createMessageSigner(hash, 'pss'), DIGEST: createPssDigestSigner(hash) };
  return { digestBytes: DIGEST_BYTES[hash], signers };
}

function pkcs1(hash: ShaName): SigningAlgorithmEntry {
  const signers = {
    RAW: createMessageSigner(hash, 'pkcs1'),
    DIGEST: createPkcs1DigestSigner(hash),
  };
  return { digestBytes: DIGEST_BYTES[hash], signers };
}

function ecdsa(hash: ShaName): SigningAlgorithmEntry {
  const signers = { RAW: createMessageSigner(hash, 'none'), DIGEST: ecdsaDigestSigner };
  return { digestBytes: DIGEST_BYTES[hash], signers };
}

/** Every signing algorithm of the API, in the order in which the service lists them. */
export const SIGNING_ALGORITHMS = {
  RSASSA_PSS_SHA_256: pss('sha256'),
  RSASSA_PSS_SHA_384: pss('sha384'),
  RSASSA_PSS_SHA_512: pss('sha512'),
  RSASSA_PKCS1_V1_5_SHA_256: pkcs1('sha256'),
  RSASSA_PKCS1_V1_5_SHA_384: pkcs1('sha384'),
  RSASSA_PKCS1_V1_5_SHA_512: pkcs1('sha512'),
  ECDSA_SHA_256: ecdsa('sha256'),
  ECDSA_SHA_384: ecdsa('sha384'),
  ECDSA_SHA_512: ecdsa('sha512'),
  SM2DSA: { digestBytes: 32, signers: { RAW: sm2MessageSigner, DIGEST: sm2DigestSigner } },
  // Of EXTERNAL_MU OpenSSL knows, but Node does not let it out.
  ML_DSA_SHAKE_256: { signers: { RAW: createMessageSigner(null, 'none') } },
  ED25519_SHA_512: { signers: { RAW: createMessageSigner(null, 'none') } },
  ED25519_PH_SHA_512: { digestBytes: 64, signers: { DIGEST: ed25519phSigner } },
} as const satisfies Record<string, SigningAlgorithmEntry>;

export type SigningAlgorithm = keyof typeof SIGNING_ALGORITHMS;

export const SIGNING_ALGORITHM_NAMES = Object.keys(
  SIGNING_ALGORITHMS,
) as readonly SigningAlgorithm[];
