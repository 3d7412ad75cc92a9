import * as clientKms from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { isRecipientOperation, RECIPIENT_OPERATIONS } from '../../../shared/kms/index.ts';

/** [kind, namespace, name, traits, member names, ...]: how the SDK writes a structure. */
type Structure = readonly [number, string, string, number, readonly string[]];
const model = clientKms as unknown as Readonly<Record<string, Structure>>;

it('is exactly the operations whose request has a Recipient in the service model', () => {
  const inModel = Object.keys(model)
    .filter((name) => name.endsWith('Request$') && model[name]?.[4].includes('Recipient'))
    .map((name) => name.slice(0, -'Request$'.length));
  expect(Object.keys(RECIPIENT_OPERATIONS).sort()).toEqual(inModel.sort());
});

it.each(Object.entries(RECIPIENT_OPERATIONS))(
  'names a response member of %s in the service model',
  (operation, { plaintextMember }) => {
    const members = model[`${operation}Response$`]?.[4];
    expect(members).toContain(plaintextMember);
    expect(members).toContain('CiphertextForRecipient');
  },
);

it.each(['Encrypt', 'Sign', 'TrentService.Decrypt', 'decrypt', '', 'toString', '__proto__'])(
  'does not take %j for one of them',
  (name) => {
    expect(isRecipientOperation(name)).toBe(false);
  },
);
