export {
  type Asn1Node,
  type BerNode,
  type TagClass,
  type UniversalType,
  universalTag,
} from './asn1-node.ts';
export { parseBer } from './ber.ts';
export type { BitString } from './contents.ts';
export { parseDer } from './der.ts';
export { DerReader } from './der-reader.ts';
export {
  expectExplicit,
  expectSequence,
  expectSet,
  expectUniversal,
  isContext,
  isUniversal,
  readBitString,
  readInteger,
  readIntegerBytes,
  readOctetString,
  readOid,
} from './read.ts';
export {
  contextIdentifier,
  encodeDefinite,
  encodeIndefinite,
  encodeOid,
  identifier,
} from './write.ts';
