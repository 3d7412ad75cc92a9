export { encodeByteString, encodeCbor, encodeIndefiniteMap } from './encode.ts';
export { type CborLimits, parseCbor, parseCborInPlace } from './parse.ts';
export { type CborInput, type CborKey, type CborMap, type CborValue, isCborMap } from './value.ts';
