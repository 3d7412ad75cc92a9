const REDACTED = '[secret]';

/** Secrets that are not disposed of. To be listed here keeps none of them alive. */
const live = new Set<WeakRef<Secret>>();
const collected = new FinalizationRegistry<WeakRef<Secret>>((reference) => live.delete(reference));

/** Overwrites every secret of the process: for its end, when nobody is left to use them. */
export function disposeLiveSecrets(): void {
  for (const reference of live) reference.deref()?.dispose();
}

/**
 * Copies bytes of a secret to where the collector moves nothing: the bytes of a short `Uint8Array` are
 * otherwise on its heap, and whatever it moves it leaves a copy of behind, out of reach of `dispose()`.
 */
export function copySecretBytes(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/**
 * The one wrapper for key material.
 *
 * Owns its bytes: the array given to the constructor must not be used by the caller afterwards.
 * Prints as `[secret]` in every form, and `dispose()` overwrites the bytes. What JavaScript cannot
 * wipe (strings, copies made by OpenSSL, the collector's moves) is stated in SECURITY.md.
 */
export class Secret {
  #bytes: Uint8Array | undefined;
  readonly #reference = new WeakRef(this);
  readonly length: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.length = bytes.length;
    live.add(this.#reference);
    collected.register(this, this.#reference);
  }

  /**
   * Lends the bytes to `use` for the duration of the call.
   *
   * @throws {Error} if the secret was disposed of: a programming error, so it has no code.
   */
  reveal<T>(use: (bytes: Uint8Array) => T): T {
    if (this.#bytes === undefined) throw new Error('the secret was disposed of');
    return use(this.#bytes);
  }

  /** Overwrites the bytes. Safe to call more than once. */
  dispose(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
    live.delete(this.#reference);
  }

  get disposed(): boolean {
    return this.#bytes === undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
