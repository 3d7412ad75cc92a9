/** What the strict reader returns. Integers are exact; byte strings share no memory with the input. */
export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CborValue[]
  | CborMap;

export type CborKey = string | number;

export type CborMap = ReadonlyMap<CborKey, CborValue>;

/** What the encoder takes: a bigint is written in the 8-byte form, however small it is. */
export type CborInput =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly CborInput[]
  | ReadonlyMap<CborKey, CborInput>;

export function isCborMap(value: CborValue | undefined): value is CborMap {
  return value instanceof Map;
}
