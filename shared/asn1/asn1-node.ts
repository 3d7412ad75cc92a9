/** One ASN.1 value, as BER or DER wrote it. */
export interface BerNode {
  /** The first octet: class, form and tag in one number (X.690 section 8.1.2). */
  readonly identifier: number;
  readonly tagClass: TagClass;
  readonly tag: number;
  readonly constructed: boolean;
  /** The contents of a primitive value; empty if constructed. */
  readonly contents: Uint8Array;
  /** The members of a constructed value; empty if primitive. */
  readonly children: readonly BerNode[];
}

/** One ASN.1 value of a DER input. */
export interface Asn1Node extends BerNode {
  readonly children: readonly Asn1Node[];
  /** The whole value, identifier and length included: the input's own bytes, not a copy. */
  readonly encoded: Uint8Array;
}

export type TagClass = 'universal' | 'application' | 'context' | 'private';

/** Universal tag numbers, X.680 section 8. */
export const universalTag = {
  BOOLEAN: 1,
  INTEGER: 2,
  'BIT STRING': 3,
  'OCTET STRING': 4,
  NULL: 5,
  'OBJECT IDENTIFIER': 6,
  ENUMERATED: 10,
  UTF8String: 12,
  SEQUENCE: 16,
  SET: 17,
  PrintableString: 19,
  IA5String: 22,
  UTCTime: 23,
  GeneralizedTime: 24,
} as const;

export type UniversalType = keyof typeof universalTag;

/** The bit of an identifier that tells a constructed value from a primitive one. */
export const CONSTRUCTED = 0x20;

export const noContents = new Uint8Array(0);

/** How deep values may stand inside each other. X.509 and CMS need 12 at most. */
export const MAX_DEPTH = 16;

/** @param bits - the two high bits of an identifier, whatever stands below them. */
export function tagClassOf(bits: number): TagClass {
  const tagClass = bits & 0xc0;
  if (tagClass === 0x00) return 'universal';
  if (tagClass === 0x40) return 'application';
  return tagClass === 0x80 ? 'context' : 'private';
}
