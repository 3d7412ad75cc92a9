import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkGrantTokens,
  openGrantToken,
  sealGrantToken,
} from '../../../local-kms/grants/token.ts';
import { createVault } from '../../../local-kms/store/vault.ts';
import { Secret } from '../../../shared/secret.ts';
import { oneByteMutations } from '../../support/mutations.ts';

const vault = createVault(new Secret(randomBytes(32)), randomBytes);
const grant = {
  account: '111122223333',
  region: 'us-east-1',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  grantId: '0a'.repeat(32),
};
const token = sealGrantToken(vault, grant);
const refusal = expect.objectContaining({ type: 'InvalidGrantTokenException' });

describe('a grant token', () => {
  it('names its grant', () => {
    expect(openGrantToken(vault, token)).toEqual(grant);
  });

  it('is another one each time, and well below 8192 characters', () => {
    expect(sealGrantToken(vault, grant)).not.toBe(token);
    expect(token.length).toBeLessThan(300);
  });

  it('shows nothing of its grant', () => {
    expect(Buffer.from(token, 'base64').toString('latin1')).not.toContain(grant.keyId);
  });

  it('is refused with any byte changed', () => {
    for (const { mutated } of oneByteMutations(Buffer.from(token, 'base64'))) {
      const changed = Buffer.from(mutated).toString('base64');
      expect(() => openGrantToken(vault, changed)).toThrow(refusal);
    }
  });

  it.each([
    ['no base64', 'not a token'],
    ['base64url', token.replaceAll(/[+/]/g, '_').slice(0, -1)],
    ['a shorter one', token.slice(0, -4)],
    ['a longer one', `${token}AAAA`],
    ['four bytes', 'AAAA'],
    [
      'one of another server',
      sealGrantToken(createVault(new Secret(randomBytes(32)), randomBytes), grant),
    ],
    ['another thing that the vault has sealed', vault.seal('import-token', Buffer.from('a/b/c/d'))],
    [
      'another thing that the vault has sealed as one',
      vault.seal('grant-token', Buffer.from('a/b')),
    ],
  ])('is refused: %s', (_name, text) => {
    expect(() => openGrantToken(vault, text)).toThrow(refusal);
  });

  it('is refused, whatever else it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(() => openGrantToken(vault, text)).toThrow(refusal);
      }),
    );
  });

  it('among others spoils them all if it is none', () => {
    expect(() => checkGrantTokens(vault, [token, token])).not.toThrow();
    expect(() => checkGrantTokens(vault, [])).not.toThrow();
    expect(() => checkGrantTokens(vault, [token, 'AAAA'])).toThrow(refusal);
  });
});
