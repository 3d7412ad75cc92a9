export type { CborLimits } from './check.ts';
export { encodeCbor, encodeIndefiniteMap } from './encode.ts';
export { parseCbor } from './parse.ts';
export { type CborInput, type CborKey, type CborMap, type CborValue, isCborMap } from './value.ts';
