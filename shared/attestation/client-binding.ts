import type { CryptoEngine } from '../crypto/engine.ts';
import { concatBytes, encodeUint32, equalBytes } from '../encoding.ts';
import { FormatError } from '../errors.ts';

/** SHA-256 of the configuration as it applies. */
export const CONFIG_HASH_BYTES = 32;

/** Room for the public keys of every signature scheme that is in use. */
export const MAX_CLIENT_DATA_BYTES = 8192;

/**
 * Who gave the data. `client`: anyone, over the API towards the parent, which shows a client that the
 * answer is to its own request, and no more. `enclave`: a program in the enclave, whose key it can be.
 */
export type BindingPurpose = 'client' | 'enclave';

/** What a document that an enclave made for a client is bound to, beside the client's nonce. */
export interface ClientBinding {
  readonly purpose: BindingPurpose;
  /** SHA-256 of the measured configuration as it applies in the enclave. */
  readonly configHash: Uint8Array;
  /** 0 to 8192 bytes, for example a public key or the hash of a transcript. */
  readonly data: Uint8Array;
}

/** Purpose and version, which keep these hashes apart from each other and from any other user_data. */
const PREFIXES: ReadonlyMap<BindingPurpose, Uint8Array> = new Map([
  ['client', prefixOf('nitro-key-broker client attestation')],
  ['enclave', prefixOf('nitro-key-broker enclave attestation')],
]);

/**
 * Encodes what a client's document is bound to. Its SHA-384 is the document's user_data.
 *
 *     field   = BE32(number of bytes) || bytes
 *     purpose = "nitro-key-broker client attestation" or "nitro-key-broker enclave attestation"
 *     binding = field(purpose)         ASCII
 *               || 01                  the version
 *               || configHash          32 bytes
 *               || field(data)         0 to 8192 bytes
 *
 * Two different bindings never have the same encoding.
 *
 * @throws {FormatError} CLIENT_BINDING_MEMBER
 */
export function encodeClientBinding({ purpose, configHash, data }: ClientBinding): Uint8Array {
  const prefix = PREFIXES.get(purpose);
  if (prefix === undefined) throw invalidMember('purpose: expected client or enclave');
  if (!(configHash instanceof Uint8Array) || configHash.length !== CONFIG_HASH_BYTES) {
    throw invalidMember(`configHash: expected ${CONFIG_HASH_BYTES} bytes`);
  }
  if (!(data instanceof Uint8Array) || data.length > MAX_CLIENT_DATA_BYTES) {
    throw invalidMember(`data: expected 0 to ${MAX_CLIENT_DATA_BYTES} bytes`);
  }
  return concatBytes(prefix, configHash, ...field(data));
}

/**
 * Reads what {@link encodeClientBinding} writes, and nothing else. What it says is only a claim
 * until its hash is found in the user_data of a document that is trusted.
 *
 * @throws {FormatError} CLIENT_BINDING_SYNTAX
 */
export function parseClientBinding(bytes: Uint8Array): ClientBinding {
  const [purpose, prefix] =
    [...PREFIXES].find(([, known]) => equalBytes(bytes.subarray(0, known.length), known)) ?? [];
  if (purpose === undefined || prefix === undefined) {
    throw invalidSyntax('expected the purpose and the version of a client binding');
  }
  const dataAt = prefix.length + CONFIG_HASH_BYTES + LENGTH_BYTES;
  if (bytes.length < dataAt || bytes.length > dataAt + MAX_CLIENT_DATA_BYTES) {
    throw invalidSyntax(`expected ${dataAt} to ${dataAt + MAX_CLIENT_DATA_BYTES} bytes`);
  }
  const data = Uint8Array.from(bytes.subarray(dataAt));
  if (!equalBytes(bytes.subarray(dataAt - LENGTH_BYTES, dataAt), encodeUint32(data.length))) {
    throw invalidSyntax('expected as much data as its length says');
  }
  return {
    purpose,
    configHash: Uint8Array.from(bytes.subarray(prefix.length, dataAt - LENGTH_BYTES)),
    data,
  };
}

/** The user_data of a document that is bound so: SHA-384 of the encoded binding. */
export function hashClientBinding(binding: Uint8Array, engine: CryptoEngine): Uint8Array {
  return engine.sha384(binding);
}

function prefixOf(purpose: string): Uint8Array {
  return concatBytes(...field(new TextEncoder().encode(purpose)), Uint8Array.of(1));
}

function field(bytes: Uint8Array): readonly Uint8Array[] {
  return [encodeUint32(bytes.length), bytes];
}

function invalidMember(wanted: string): FormatError {
  return new FormatError('CLIENT_BINDING_MEMBER', wanted);
}

function invalidSyntax(wanted: string): FormatError {
  return new FormatError('CLIENT_BINDING_SYNTAX', `client binding: ${wanted}`);
}

const LENGTH_BYTES = 4;
