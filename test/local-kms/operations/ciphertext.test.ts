import {
  CreateGrantCommand,
  DecryptCommand,
  type DecryptCommandInput,
  DisableKeyCommand,
  type DryRunModifierType,
  EncryptCommand,
  ReEncryptCommand,
  type ReEncryptCommandInput,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  APP_ROLE,
  createGrantedKey,
  type GrantScene,
  startGrantScene,
} from '../../support/grant-scene.ts';
import { refusalOf } from '../../support/local-kms.ts';

const IGNORED = {
  DryRun: true,
  DryRunModifiers: ['IGNORE_CIPHERTEXT'] as DryRunModifierType[],
};

const MISSING =
  "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null";

let scene: GrantScene;
let granted: string;
let forbidden: string;
let agreement: string;
let disabled: string;
let CiphertextBlob: Uint8Array;

beforeAll(async () => {
  scene = await startGrantScene();
  granted = await createGrantedKey(scene);
  forbidden = await createGrantedKey(scene);
  disabled = await createGrantedKey(scene);
  agreement = await createGrantedKey(scene, {
    key: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
  });
  for (const KeyId of [granted, disabled]) {
    await scene.as.admin.send(
      new CreateGrantCommand({
        KeyId,
        GranteePrincipal: APP_ROLE,
        Operations: ['Decrypt', 'ReEncryptFrom', 'ReEncryptTo'],
        Constraints: { EncryptionContextSubset: { tenant: 't1' } },
      }),
    );
  }
  await scene.as.owner.send(new DisableKeyCommand({ KeyId: disabled }));
  const encrypted = await scene.as.admin.send(
    new EncryptCommand({ KeyId: granted, Plaintext: new Uint8Array([1]) }),
  );
  CiphertextBlob = encrypted.CiphertextBlob as Uint8Array;
});

afterAll(() => scene.close());

const EncryptionContext = { tenant: 't1' };

async function decrypt(input: Partial<DecryptCommandInput>) {
  const request = { KeyId: granted, EncryptionContext, CiphertextBlob: undefined, ...input };
  return refusalOf(scene.as.app.send(new DecryptCommand(request)));
}

async function reEncrypt(input: Partial<ReEncryptCommandInput>) {
  const request = {
    SourceKeyId: granted,
    SourceEncryptionContext: EncryptionContext,
    DestinationKeyId: granted,
    DestinationEncryptionContext: EncryptionContext,
    CiphertextBlob: undefined,
    ...input,
  };
  return refusalOf(scene.as.app.send(new ReEncryptCommand(request)));
}

describe('Decrypt with IGNORE_CIPHERTEXT', () => {
  it.each<[string, string, () => Partial<DecryptCommandInput>]>([
    ['no ciphertext', 'DryRunOperationException', () => IGNORED],
    [
      'what is no ciphertext',
      'DryRunOperationException',
      () => ({ ...IGNORED, CiphertextBlob: new Uint8Array([1]) }),
    ],
    [
      'a context that the grant does not allow',
      'AccessDeniedException',
      () => ({ ...IGNORED, EncryptionContext: { tenant: 't2' } }),
    ],
    ['a key without permission', 'AccessDeniedException', () => ({ ...IGNORED, KeyId: forbidden })],
    ['a disabled key', 'DisabledException', () => ({ ...IGNORED, KeyId: disabled })],
    ['no key', 'ValidationException', () => ({ ...IGNORED, KeyId: undefined, CiphertextBlob })],
    [
      'another modifier',
      'ValidationException',
      () => ({ ...IGNORED, DryRunModifiers: ['X' as never] }),
    ],
  ])('and %s: %s', async (_name, name, input) => {
    expect((await decrypt(input())).name).toBe(name);
  });

  it.each<[string, Partial<DecryptCommandInput>]>([
    ['without DryRun', { DryRunModifiers: IGNORED.DryRunModifiers }],
    ['with DryRun false', { ...IGNORED, DryRun: false }],
    ['and DryRun without the modifier', { DryRun: true }],
    ['and DryRun with no modifier', { DryRun: true, DryRunModifiers: [] }],
  ])('%s still needs a ciphertext', async (_name, input) => {
    expect(await decrypt(input)).toMatchObject({ name: 'ValidationException', message: MISSING });
  });

  it('is what makes the difference: a DryRun alone checks the ciphertext', async () => {
    const call = { DryRun: true, CiphertextBlob };
    // It was encrypted without a context.
    expect((await decrypt(call)).name).toBe('InvalidCiphertextException');
    expect((await decrypt({ ...call, ...IGNORED })).name).toBe('DryRunOperationException');
  });
});

describe('ReEncrypt with IGNORE_CIPHERTEXT', () => {
  it.each<[string, string, () => Partial<ReEncryptCommandInput>]>([
    ['no ciphertext', 'DryRunOperationException', () => IGNORED],
    [
      'a source without permission',
      'AccessDeniedException',
      () => ({ ...IGNORED, SourceKeyId: forbidden }),
    ],
    [
      'a destination without permission',
      'AccessDeniedException',
      () => ({ ...IGNORED, DestinationKeyId: agreement }),
    ],
    [
      'a disabled destination',
      'DisabledException',
      () => ({ ...IGNORED, DestinationKeyId: disabled }),
    ],
    ['no source', 'ValidationException', () => ({ ...IGNORED, SourceKeyId: undefined })],
    ['no DryRun', 'ValidationException', () => ({ ...IGNORED, DryRun: false })],
  ])('and %s: %s', async (_name, name, input) => {
    expect((await reEncrypt(input())).name).toBe(name);
  });
});
