import { expect, it } from 'vitest';
import { encodeHex } from '../../../shared/encoding.ts';
import { extendPcr } from '../../../shared/nsm/index.ts';

/** Computed apart from this code, with sha384sum over 48 zero bytes and the input. */
it.each([
  [
    '01 02 03',
    Uint8Array.of(1, 2, 3),
    'cb178fcd3f328244c05c6248723fd068b3a1dda878e1ab8be911098f199958add55d0c27f04826d27b44d949a650694e',
  ],
  [
    'nothing',
    new Uint8Array(0),
    '8f0d145c0368ad6b70be22e41c400eea91b971d96ba220fec9fae25a58dffdaaf72dbe8f6783d55128c9df4efaf6f8a7',
  ],
])('extends a fresh register with %s', (_, data, expected) => {
  expect(encodeHex(extendPcr(new Uint8Array(48), data))).toBe(expected);
});
