import type { P384PublicKey } from '../crypto/engine.ts';
import type { Certificate } from './certificate.ts';

/** One certificate of a path, with what the verifier keeps about it. */
export interface PathCertificate {
  readonly certificate: Certificate;
  readonly key: P384PublicKey;
  /** Digest over this certificate and all above it. */
  readonly pathDigest: string;
  /** Whether every signature from the root down to this certificate was found good before. */
  readonly proven: boolean;
}

/** Root first, leaf last. */
export type CertificatePath = readonly PathCertificate[];

/** For a person: which certificate of the path is meant. */
export function nameInPath(index: number, count: number): string {
  if (index === 0) return 'root';
  if (index === count - 1) return 'leaf';
  return `intermediate ${index}`;
}
