import type { PathCertificate } from './path-certificate.ts';

/**
 * Certificates whose signatures were found good all the way up to a pinned root.
 *
 * Keyed by the digest of the path down to the certificate, so an entry speaks for exactly those
 * bytes. Only successes are kept, so a stream of bad documents cannot push good entries out.
 * Validity is not part of what is proven: it is judged every time.
 */
export class ProvenCertificates {
  readonly #entries = new Map<string, PathCertificate>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(pathDigest: string): PathCertificate | undefined {
    const entry = this.#entries.get(pathDigest);
    if (entry !== undefined) {
      // Moved to the end: the first entry is the one unused for longest.
      this.#entries.delete(pathDigest);
      this.#entries.set(pathDigest, entry);
    }
    return entry;
  }

  add(path: readonly PathCertificate[]): void {
    for (const entry of path) {
      if (!entry.proven) this.#entries.set(entry.pathDigest, { ...entry, proven: true });
    }
    for (const digest of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity) break;
      this.#entries.delete(digest);
    }
  }
}
