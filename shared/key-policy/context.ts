import { Buffer } from 'node:buffer';

/** The condition keys of a request and their values. A key without values is missing. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

/** What a verified attestation document says of the code that asks. */
export interface AttestedPlatform {
  readonly kind: 'enclave' | 'nitrotpm';
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
}

const ATTESTATION = 'kms:RecipientAttestation:';

/** How KMS names the registers that it has condition keys for, from zero. */
const REGISTERS = {
  enclave: { name: 'PCR', count: 32 },
  nitrotpm: { name: 'NitroTPMPCR', count: 24 },
} as const;

const ENCRYPTION_CONTEXT = 'kms:EncryptionContext:';
const CANONICAL_ENCRYPTION_CONTEXT = ENCRYPTION_CONTEXT.toLowerCase();

/**
 * The condition keys that a verified attestation document gives, values in lower-case hex.
 *
 * A document of one kind gives no key of the other: the two kinds measure different things in
 * registers of the same number.
 */
export function attestationContext({ kind, pcrs }: AttestedPlatform): RequestContext {
  const context = new Map<string, readonly string[]>();
  const { name, count } = REGISTERS[kind];
  for (const [index, value] of pcrs) {
    if (index < count) context.set(`${ATTESTATION}${name}${index}`, [hex(value)]);
  }
  const image = kind === 'enclave' ? pcrs.get(0) : undefined;
  if (image !== undefined) context.set(`${ATTESTATION}ImageSha384`, [hex(image)]);
  return context;
}

/** The condition keys that the encryption context of a request gives: none if it is empty. */
export function encryptionContextEntries(
  encryptionContext: ReadonlyMap<string, string>,
): RequestContext {
  const context = new Map<string, readonly string[]>();
  if (encryptionContext.size === 0) return context;
  context.set('kms:EncryptionContextKeys', [...encryptionContext.keys()]);
  for (const [key, value] of encryptionContext) context.set(`${ENCRYPTION_CONTEXT}${key}`, [value]);
  return context;
}

/** The context of one request, asked by the canonical names of condition keys. */
export interface ContextLookup {
  /** Empty if the key is missing. */
  valuesOf(canonicalKey: string): readonly string[];
  /**
   * What {@link encryptionContextEntries} was given, empty if nothing; undefined where a key has
   * several values, which no encryption context has.
   */
  encryptionContext(): ReadonlyMap<string, string> | undefined;
}

/** Costs nothing until it is asked: most policies have no conditions. */
export function createContextLookup(
  context: RequestContext | (() => RequestContext),
): ContextLookup {
  let known: RequestContext | undefined;
  const byName = (): RequestContext => {
    known ??= canonical(typeof context === 'function' ? context() : context);
    return known;
  };
  return {
    valuesOf: (key) => byName().get(key) ?? [],
    encryptionContext: () => encryptionContextOf(byName()),
  };
}

/** Names of condition keys ignore case; the encryption context's own key, within one, does not. */
export function canonicalKey(key: string): string {
  const name = key.toLowerCase();
  return name.startsWith(CANONICAL_ENCRYPTION_CONTEXT)
    ? CANONICAL_ENCRYPTION_CONTEXT + key.slice(CANONICAL_ENCRYPTION_CONTEXT.length)
    : name;
}

function canonical(context: RequestContext): RequestContext {
  const byName = new Map<string, readonly string[]>();
  for (const [key, values] of context) {
    const name = canonicalKey(key);
    byName.set(name, [...(byName.get(name) ?? []), ...values]);
  }
  return byName;
}

function encryptionContextOf(byName: RequestContext): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  for (const [name, [value, ...others]] of byName) {
    if (!name.startsWith(CANONICAL_ENCRYPTION_CONTEXT) || value === undefined) continue;
    if (others.length > 0) return undefined;
    pairs.set(name.slice(CANONICAL_ENCRYPTION_CONTEXT.length), value);
  }
  return pairs;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
