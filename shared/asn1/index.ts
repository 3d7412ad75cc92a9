export type { Asn1Node, BerNode, TagClass, UniversalType } from './asn1-node.ts';
export { parseBer } from './ber.ts';
export { parseDer } from './der.ts';
export {
  type BitString,
  expectExplicit,
  expectSequence,
  expectSet,
  expectUniversal,
  isContext,
  isUniversal,
  readBitString,
  readBoolean,
  readInteger,
  readIntegerBytes,
  readOctetString,
  readOid,
} from './read.ts';
export { readTime } from './time.ts';
export {
  contextIdentifier,
  encodeDefinite,
  encodeIndefinite,
  encodeOid,
  identifier,
} from './write.ts';
