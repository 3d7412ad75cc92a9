import { Buffer } from 'node:buffer';

/** The condition keys of a request and their values. A key without values is missing. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

/** What a verified attestation document says of the code that asks. */
export interface AttestedPlatform {
  readonly kind: 'enclave' | 'nitrotpm';
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
}

const ATTESTATION = 'kms:RecipientAttestation:';
const ENCRYPTION_CONTEXT = 'kms:EncryptionContext:';

/**
 * The condition keys that a verified attestation document gives, values in lower-case hex.
 *
 * A document of one kind gives no key of the other: the two kinds measure different things in
 * registers of the same number.
 */
export function attestationContext({ kind, pcrs }: AttestedPlatform): RequestContext {
  const context = new Map<string, readonly string[]>();
  const name = kind === 'enclave' ? 'PCR' : 'NitroTPMPCR';
  for (const [index, value] of pcrs) context.set(`${ATTESTATION}${name}${index}`, [hex(value)]);
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

/** A context that finds a key whatever the case of its name. */
export interface ContextLookup {
  valuesOf(key: string): readonly string[];
}

export function createContextLookup(context: RequestContext): ContextLookup {
  const byName = new Map<string, readonly string[]>();
  for (const [key, values] of context) {
    const name = canonicalKey(key);
    byName.set(name, [...(byName.get(name) ?? []), ...values]);
  }
  return { valuesOf: (key) => byName.get(canonicalKey(key)) ?? [] };
}

/** Names of condition keys ignore case; the encryption context's own key, within one, does not. */
function canonicalKey(key: string): string {
  const name = key.toLowerCase();
  const prefix = ENCRYPTION_CONTEXT.toLowerCase();
  return name.startsWith(prefix) ? prefix + key.slice(prefix.length) : name;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
