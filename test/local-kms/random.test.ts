import { describe, expect, it } from 'vitest';
import { createRandomPool, createUuid } from '../../local-kms/random.ts';

describe('createRandomPool', () => {
  it('hands out each byte of its source once', () => {
    let next = 0;
    const pool = createRandomPool((length) => Uint8Array.from({ length }, () => next++ % 251));
    const handedOut = Array.from({ length: 100 }, () => [...pool(41)]).flat();
    const first = 99 * 41;
    expect(handedOut.slice(0, first)).toEqual(Array.from({ length: first }, (_, i) => i % 251));
    // What the supply had left was too little for the hundredth.
    expect(handedOut[first]).toBe(4096 % 251);
  });

  it('keeps nothing of what it has handed out', () => {
    const supply = new Uint8Array(4096).fill(7);
    const pool = createRandomPool(() => supply);
    const bytes = pool(32);
    expect(supply.subarray(0, 33)).toEqual(Uint8Array.from([...new Array(32).fill(0), 7]));
    expect(bytes).toEqual(new Uint8Array(32).fill(7));
  });

  it('asks its source for each larger number', () => {
    const asked: number[] = [];
    const pool = createRandomPool((length) => {
      asked.push(length);
      return new Uint8Array(length);
    });
    expect(pool(1024)).toHaveLength(1024);
    expect(asked).toEqual([1024]);
  });
});

it('makes UUIDs of version 4', () => {
  expect(createUuid((length) => new Uint8Array(length).fill(0xff))).toBe(
    'ffffffff-ffff-4fff-bfff-ffffffffffff',
  );
});
