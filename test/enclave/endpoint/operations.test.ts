import { describe, expect, it } from 'vitest';
import { KEY_OPERATIONS, takesEncryptionContext } from '../../../enclave/config/keys.ts';
import {
  ENDPOINT_OPERATIONS,
  isEndpointOperation,
  type MemberType,
} from '../../../enclave/endpoint/operations.ts';
import { type ModelShape, readServiceModel } from '../../support/service-model.ts';

const model = readServiceModel();

function memberType({ type }: ModelShape): MemberType {
  switch (type) {
    case 'string':
    case 'blob':
      return 'text';
    case 'integer':
      return 'count';
    case 'boolean':
      return 'flag';
    case 'list':
      return 'texts';
    case 'map':
      return 'pairs';
    default:
      throw new Error(`there is no type for ${type}`);
  }
}

describe.skipIf(model === undefined)("the endpoint's operations, by the model of KMS", () => {
  it.each(Object.entries(ENDPOINT_OPERATIONS))(
    '%s has the members of the service, but for Recipient and DryRunModifiers',
    (operation, members) => {
      const shapes = model?.shapes ?? {};
      const input = shapes[model?.operations[operation]?.input?.shape ?? ''];
      const expected = Object.entries(input?.members ?? {})
        .filter(([name]) => name !== 'Recipient' && name !== 'DryRunModifiers')
        .map(([name, { shape }]) => [name, memberType(shapes[shape] as ModelShape)] as const);
      expect(members).toEqual(Object.fromEntries(expected));
    },
  );
});

it('knows what a key can be permitted for, and random bytes', () => {
  expect(Object.keys(ENDPOINT_OPERATIONS).sort()).toEqual(
    [...KEY_OPERATIONS, 'GenerateRandom'].sort(),
  );
});

it.each(KEY_OPERATIONS)('knows as the configuration does whether %s has a context', (operation) => {
  const members = ENDPOINT_OPERATIONS[operation];
  expect('EncryptionContext' in members).toBe(takesEncryptionContext(operation));
});

it.each(['ReEncrypt', 'CreateGrant', 'PutKeyPolicy', 'toString', '__proto__', ''])(
  'does not know %s',
  (name) => {
    expect(isEndpointOperation(name)).toBe(false);
  },
);
