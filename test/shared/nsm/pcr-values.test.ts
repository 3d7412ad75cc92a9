import { expect, it } from 'vitest';
import { encodeHex } from '../../../shared/encoding.ts';
import { extendPcr, pcrOfInstance, pcrOfRole } from '../../../shared/nsm/index.ts';

/** Computed apart from this code, with sha384sum over 48 zero bytes and the input. */
it.each([
  [
    'PCR3 of a role',
    pcrOfRole('arn:aws:iam::111122223333:role/example-role'),
    '425591525b13848d58644fb03e43420c8eff0f51d5235e6d11a1ebce2fcdc0929b9a428a1baa404b9f76e2d56b266b07',
  ],
  [
    'PCR4 of an instance',
    pcrOfInstance('i-1234567890abcdef0'),
    '08f996b5d43e047a9eb51e7f548bfee7e164fd7dc8f65541f2ac09d6545ac812719327281c401a67a10fcba87ae79ce0',
  ],
  [
    'a fresh register extended with 01 02 03',
    extendPcr(new Uint8Array(48), Uint8Array.of(1, 2, 3)),
    'cb178fcd3f328244c05c6248723fd068b3a1dda878e1ab8be911098f199958add55d0c27f04826d27b44d949a650694e',
  ],
  [
    'a fresh register extended with nothing',
    extendPcr(new Uint8Array(48), new Uint8Array(0)),
    '8f0d145c0368ad6b70be22e41c400eea91b971d96ba220fec9fae25a58dffdaaf72dbe8f6783d55128c9df4efaf6f8a7',
  ],
])('computes %s', (_, value, expected) => {
  expect(encodeHex(value)).toBe(expected);
});
