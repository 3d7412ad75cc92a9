import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRecipientKey, KEY_BITS } from '../../../enclave/recipient/recipient-key.ts';
import { sealEnvelope } from '../../../shared/cms/index.ts';

describe('a recipient key', () => {
  it.each(KEY_BITS)('of %i bits opens what is sealed to its SubjectPublicKeyInfo', async (bits) => {
    const { spki, open } = await createRecipientKey(bits);
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    expect(key.asymmetricKeyDetails).toEqual({ modulusLength: bits, publicExponent: 65537n });
    const envelope = sealEnvelope({ plaintext: Uint8Array.of(1, 2, 3), recipientSpki: spki });
    expect((await open(envelope)).reveal((bytes) => [...bytes])).toEqual([1, 2, 3]);
  });
});
