import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createVault, type Vault } from '../../../local-kms/store/vault.ts';
import { Secret } from '../../../shared/secret.ts';
import { codeOf } from '../../support/codes.ts';

const create = (): Vault => createVault(new Secret(randomBytes(32)), randomBytes);

describe('open keys of the vault', () => {
  it('are the keys that were sealed', () => {
    const vault = create();
    const raw = randomBytes(32);
    const { privateKey } = generateKeyPairSync('ed25519');
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    for (let i = 0; i < 2; i++) {
      expect(vault.openKey('secret', 'a', vault.seal('a', raw)).export()).toEqual(raw);
      expect(vault.openKey('private', 'b', vault.seal('b', pkcs8)).equals(privateKey)).toBe(true);
    }
  });

  it('stay open, the last used ones', () => {
    const vault = create();
    const sealed = vault.seal('kept', randomBytes(32));
    const kept = vault.openKey('secret', 'kept', sealed);
    const first = vault.seal('first', randomBytes(32));
    const gone = vault.openKey('secret', 'first', first);
    for (let i = 0; i < 1000; i++) {
      vault.openKey('secret', `${i}`, vault.seal(`${i}`, randomBytes(32)));
      expect(vault.openKey('secret', 'kept', sealed)).toBe(kept);
    }
    const again = vault.openKey('secret', 'first', first);
    expect(again).not.toBe(gone);
    expect(again.equals(gone)).toBe(true);
  });

  it('open for no other label and no other bytes, even once open', () => {
    const vault = create();
    const sealed = vault.seal('a', randomBytes(32));
    vault.openKey('secret', 'a', sealed);
    const changed = Buffer.from(sealed, 'base64');
    changed[20] = (changed[20] as number) ^ 1;
    expect(codeOf(() => vault.openKey('secret', 'b', sealed))).toBe('LOCAL_KMS_MASTER_KEY');
    const other = changed.toString('base64');
    expect(codeOf(() => vault.openKey('secret', 'a', other))).toBe('LOCAL_KMS_MASTER_KEY');
  });

  it('are forgotten when the vault is told to', () => {
    const vault = create();
    const sealed = vault.seal('a', randomBytes(32));
    const before = vault.openKey('secret', 'a', sealed);
    vault.forgetKeys();
    expect(vault.openKey('secret', 'a', sealed)).not.toBe(before);
  });

  it('are forgotten when the vault closes', () => {
    const vault = create();
    const sealed = vault.seal('a', randomBytes(32));
    vault.openKey('secret', 'a', sealed);
    vault.close();
    expect(() => vault.openKey('secret', 'a', sealed)).toThrow();
  });
});
