import {
  meaningOfRegister,
  type RegisterMeaning,
} from '../shared/attestation/explain/register-meaning.ts';
import type { AttestationDocument, Pcrs } from '../shared/attestation/index.ts';
import { encodeHex } from '../shared/encoding.ts';

/** How a register of the document stands to the expected set. */
export type Comparison = 'same' | 'different' | 'absent' | 'not expected';

export interface RegisterRow extends RegisterMeaning {
  readonly index: number;
  /** Hex. Undefined where the document does not have the register. */
  readonly actual: string | undefined;
  readonly expected: string | undefined;
  readonly comparison: Comparison;
  /** All bits the same, as a register is before anything was measured into it. */
  readonly untouched: boolean;
}

export interface RegisterTable {
  readonly rows: readonly RegisterRow[];
  /** Which of the accepted sets is compared with, from 1: the one with the fewest differences. */
  readonly comparedSet: number | undefined;
  readonly differences: number;
}

/** Sets a document's registers beside the closest accepted set. Says nothing about trust. */
export function compareRegisters(
  document: Pick<AttestationDocument, 'kind' | 'pcrs'>,
  accepted: readonly Pcrs[],
): RegisterTable {
  const tables = (accepted.length === 0 ? [new Map()] : accepted).map((set) =>
    compareWith(document, set),
  );
  const differences = tables.map((rows) => rows.filter(isDifference).length);
  const least = Math.min(...differences);
  const closest = differences.indexOf(least);
  return {
    rows: tables[closest] as readonly RegisterRow[],
    comparedSet: accepted.length === 0 ? undefined : closest + 1,
    differences: least,
  };
}

function isDifference({ comparison }: RegisterRow): boolean {
  return comparison === 'different' || comparison === 'absent';
}

function compareWith(
  { kind, pcrs }: Pick<AttestationDocument, 'kind' | 'pcrs'>,
  set: Pcrs,
): readonly RegisterRow[] {
  const indices = [...new Set([...pcrs.keys(), ...set.keys()])].sort((a, b) => a - b);
  return indices.map((index) => {
    const actual = hexOf(pcrs.get(index));
    const expected = hexOf(set.get(index));
    return {
      index,
      ...meaningOfRegister(kind, index),
      actual,
      expected,
      comparison: compare(actual, expected),
      untouched: actual !== undefined && /^(?:0+|f+)$/.test(actual),
    };
  });
}

function hexOf(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : encodeHex(value);
}

function compare(actual: string | undefined, expected: string | undefined): Comparison {
  if (expected === undefined) return 'not expected';
  if (actual === undefined) return 'absent';
  return actual === expected ? 'same' : 'different';
}

const GROUP_DIGITS = 8;

export interface HexGroup {
  readonly digits: string;
  readonly differs: boolean;
}

/** Hex in groups that an eye can follow, each marked if it differs from the same group of `other`. */
export function groupHex(hex: string, other?: string): readonly HexGroup[] {
  const groups: HexGroup[] = [];
  for (let at = 0; at < hex.length; at += GROUP_DIGITS) {
    const digits = hex.slice(at, at + GROUP_DIGITS);
    groups.push({
      digits,
      differs: other !== undefined && digits !== other.slice(at, at + GROUP_DIGITS),
    });
  }
  return groups;
}

/** Indices for a person: 5–7, 9. */
export function formatIndices(indices: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}
