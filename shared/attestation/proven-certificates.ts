import type { CertificatePath } from './path-certificate.ts';

/**
 * Paths of certificates whose signatures were found good all the way up to a pinned root: the
 * whole ones, and every beginning of them.
 *
 * Keyed by the digest of the path, so an entry speaks for exactly those bytes. Only successes are
 * kept, so a stream of bad documents cannot push good entries out. Validity is not part of what is
 * proven: it is judged every time.
 */
export class ProvenCertificates {
  /** A path by the digest of its last certificate; the first entry is the one unused for longest. */
  readonly #entries = new Map<string, CertificatePath>();
  readonly #capacity: number;

  /** @param capacity - how many certificates are kept. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(pathDigest: string): CertificatePath | undefined {
    const path = this.#entries.get(pathDigest);
    if (path !== undefined) this.#keep(path);
    return path;
  }

  add(path: CertificatePath): void {
    // What was taken from here is here, unless other paths have pushed it out meanwhile.
    this.#keep(path.map((entry) => (entry.proven ? entry : { ...entry, proven: true })));
    for (const digest of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity) break;
      this.#entries.delete(digest);
    }
  }

  /** Moves the beginnings of a path to the end, the shortest last: it serves most documents. */
  #keep(path: CertificatePath): void {
    for (let count = path.length; count > 0; count--) {
      const { pathDigest } = path[count - 1] as CertificatePath[number];
      this.#entries.delete(pathDigest);
      this.#entries.set(pathDigest, path.slice(0, count));
    }
  }
}
