// biome-ignore lint/plugin: deterministic signatures, so that a document is the same in every run.
import { p384 } from '@noble/curves/nist.js';
// biome-ignore lint/plugin: the keys are made from their labels.
import { sha384 } from '@noble/hashes/sha2.js';
import { encodeOid } from '../../shared/asn1/index.ts';
import { type CborInput, type CborKey, encodeCbor } from '../../shared/cbor/index.ts';
import { concatBytes, parseHex } from '../../shared/encoding.ts';
import * as der from './der.ts';

/**
 * An authority in the shape of AWS's that issues attestation documents with any fault asked for.
 *
 * A document is described by plain data: attestation-documents.ts has one without fault, and each
 * fault is that with members changed. Keys come from their labels, and signatures are RFC 6979,
 * so the same description gives the same bytes.
 */
export interface DocumentSpec {
  /** Root first, leaf last. The leaf's key signs the document. */
  readonly path: readonly CertificateSpec[];
  readonly payload: PayloadSpec;
  readonly envelope: EnvelopeSpec;
}

export interface CertificateSpec {
  readonly subject: NameSpec;
  readonly issuer: NameSpec;
  /** The label of the certified key, and of the key that signs. */
  readonly key: string;
  readonly signedBy: string;
  /** As written: 2 means version 3; null leaves the field out. */
  readonly version: number | null;
  readonly serial: string;
  /** Unix milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER of another SubjectPublicKeyInfo than that of `key`. */
  readonly spki?: Uint8Array;
  readonly signatureAlgorithm: string;
  /** The same field inside of the signed part, if it is to differ. */
  readonly innerSignatureAlgorithm?: string;
  readonly extensions: readonly ExtensionSpec[];
  /** `flipped` has one bit of s wrong; bytes stand for the ECDSA-Sig-Value. */
  readonly signature?: 'flipped' | Uint8Array;
}

export type NameSpec = ReadonlyArray<readonly [oid: string, value: string]>;

export interface ExtensionSpec {
  readonly oid: string;
  readonly critical: boolean;
  /** DER of the value inside the OCTET STRING. */
  readonly value: Uint8Array;
}

export interface PayloadSpec {
  readonly form: 'definite' | 'indefinite';
  /** Without `certificate` and `cabundle` the path's own are written. Undefined leaves one out. */
  readonly fields: ReadonlyMap<CborKey, CborInput | undefined>;
  /** Written after the fields: room for a key twice. */
  readonly surplus?: ReadonlyArray<readonly [CborKey, CborInput]>;
  /** The whole payload, whatever the fields are. */
  readonly bytes?: Uint8Array;
}

export interface EnvelopeSpec {
  /** Hex in front of the array (a tag) and behind it. */
  readonly prefix: string;
  readonly suffix: string;
  readonly protectedHeader: CborInput;
  readonly unprotected: CborInput;
  /** `attached`, or what stands in its place. */
  readonly payload: 'attached' | CborInput;
  /** `raw` is `r || s` as COSE has it; bytes stand for themselves. */
  readonly signature: 'raw' | 'der' | 'flipped' | CborInput;
  /** Items after the four. */
  readonly surplus?: readonly CborInput[];
}

export interface IssuedDocument {
  readonly document: Uint8Array;
  /** DER, root first, leaf last. */
  readonly path: readonly Uint8Array[];
}

export const OID = {
  commonName: '2.5.4.3',
  country: '2.5.4.6',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
  ecPublicKey: '1.2.840.10045.2.1',
  p384: '1.3.132.0.34',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
} as const;

const issuedCertificates = new Map<string, Uint8Array>();

export function issueDocument(spec: DocumentSpec): IssuedDocument {
  const path = spec.path.map(issueCertificate);
  const payload = spec.payload.bytes ?? encodePayload(spec.payload, path);
  return { document: encodeEnvelope(spec, payload), path };
}

/** Issued once for the same description: P-384 in JavaScript takes milliseconds. */
export function issueCertificate(spec: CertificateSpec): Uint8Array {
  const key = JSON.stringify(spec);
  const issued = issuedCertificates.get(key) ?? encodeCertificate(spec);
  issuedCertificates.set(key, issued);
  return issued;
}

export function basicConstraints(
  value: { ca: boolean; pathLength?: number },
  critical = true,
): ExtensionSpec {
  const members = value.ca ? [der.boolean(true)] : [];
  if (value.pathLength !== undefined) members.push(der.smallInteger(value.pathLength));
  return { oid: OID.basicConstraints, critical, value: der.sequence(...members) };
}

/** @param bits - as RFC 5280 section 4.2.1.3 counts them. */
export function keyUsage(bits: readonly number[], critical = true): ExtensionSpec {
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  const unusedBits = byte === 0 ? 0 : 31 - Math.clz32(byte & -byte);
  return { oid: OID.keyUsage, critical, value: der.bitString(Uint8Array.of(byte), unusedBits) };
}

function encodeCertificate(spec: CertificateSpec): Uint8Array {
  const outer = der.sequence(encodeOid(spec.signatureAlgorithm));
  const inner = der.sequence(encodeOid(spec.innerSignatureAlgorithm ?? spec.signatureAlgorithm));
  const tbs = der.sequence(
    spec.version === null ? new Uint8Array(0) : der.explicit(0, der.smallInteger(spec.version)),
    der.integer(parseHex(spec.serial)),
    inner,
    encodeName(spec.issuer),
    der.sequence(der.time(spec.notBefore), der.time(spec.notAfter)),
    encodeName(spec.subject),
    spec.spki ?? encodeSpki(spec.key),
    encodeExtensions(spec.extensions),
  );
  return der.sequence(tbs, outer, der.bitString(encodeSignature(spec, tbs)));
}

function encodeSignature({ signature, signedBy }: CertificateSpec, tbs: Uint8Array): Uint8Array {
  if (signature instanceof Uint8Array) return signature;
  const signed = sign(signedBy, tbs);
  return ecdsaSigValue(signature === 'flipped' ? flipped(signed) : signed);
}

function encodeName(name: NameSpec): Uint8Array {
  const attributes = name.map(([oid, value]) =>
    der.set(der.sequence(encodeOid(oid), der.utf8String(value))),
  );
  return der.sequence(...attributes);
}

function encodeSpki(label: string): Uint8Array {
  const algorithm = der.sequence(encodeOid(OID.ecPublicKey), encodeOid(OID.p384));
  return der.sequence(algorithm, der.bitString(p384.getPublicKey(secretKey(label), false)));
}

function encodeExtensions(extensions: readonly ExtensionSpec[]): Uint8Array {
  if (extensions.length === 0) return new Uint8Array(0);
  const list = extensions.map(({ oid, critical, value }) =>
    der.sequence(
      encodeOid(oid),
      critical ? der.boolean(true) : new Uint8Array(0),
      der.octetString(value),
    ),
  );
  return der.explicit(3, der.sequence(...list));
}

function encodePayload(spec: PayloadSpec, path: readonly Uint8Array[]): Uint8Array {
  const ofPath = new Map<CborKey, CborInput>([
    ['certificate', path.at(-1) as Uint8Array],
    ['cabundle', path.slice(0, -1)],
  ]);
  const entries: [CborKey, CborInput][] = [];
  for (const key of new Set([...FIELD_ORDER, ...spec.fields.keys()])) {
    const value = spec.fields.has(key) ? spec.fields.get(key) : ofPath.get(key);
    if (value !== undefined) entries.push([key, value]);
  }
  entries.push(...((spec.surplus ?? []) as [CborKey, CborInput][]));
  const body = entries.flatMap(([key, value]) => [encodeCbor(key), encodeCbor(value)]);
  return spec.form === 'definite'
    ? concatBytes(Uint8Array.of(0xa0 | entries.length), ...body)
    : concatBytes(Uint8Array.of(0xbf), ...body, Uint8Array.of(0xff));
}

const FIELD_ORDER = [
  'module_id',
  'digest',
  'timestamp',
  'pcrs',
  'certificate',
  'cabundle',
  'public_key',
  'user_data',
  'nonce',
];

function encodeEnvelope({ path, envelope }: DocumentSpec, payload: Uint8Array): Uint8Array {
  const toBeSigned = ['Signature1', envelope.protectedHeader, new Uint8Array(0), payload];
  const label = (path.at(-1) as CertificateSpec).key;
  const items = [
    envelope.protectedHeader,
    envelope.unprotected,
    envelope.payload === 'attached' ? payload : envelope.payload,
    coseSignature(envelope.signature, label, encodeCbor(toBeSigned)),
    ...(envelope.surplus ?? []),
  ];
  return concatBytes(parseHex(envelope.prefix), encodeCbor(items), parseHex(envelope.suffix));
}

function coseSignature(
  form: EnvelopeSpec['signature'],
  label: string,
  toBeSigned: Uint8Array,
): CborInput {
  if (form === 'raw') return sign(label, toBeSigned);
  if (form === 'der') return ecdsaSigValue(sign(label, toBeSigned));
  if (form === 'flipped') return flipped(sign(label, toBeSigned));
  return form;
}

/** `r || s` of ECDSA with SHA-384. */
function sign(label: string, message: Uint8Array): Uint8Array {
  return p384.sign(message, secretKey(label), { lowS: false });
}

/** No secret: whoever reads the label has the key. */
function secretKey(label: string): Uint8Array {
  return sha384(new TextEncoder().encode(`TESTONLY ${label}`));
}

function ecdsaSigValue(signature: Uint8Array): Uint8Array {
  return der.sequence(der.integer(signature.subarray(0, 48)), der.integer(signature.subarray(48)));
}

function flipped(signature: Uint8Array): Uint8Array {
  const wrong = signature.slice();
  wrong[95] = (wrong[95] as number) ^ 1;
  return wrong;
}
