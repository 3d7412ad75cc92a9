import { describe, expect, it } from 'vitest';
import {
  checkPermitted,
  type Permissions,
  permissionsOf,
  permittedKeys,
  type RequestedCall,
} from '../../../enclave/callers/permissions.ts';
import { codeOf } from '../../support/codes.ts';
import { callerConfig, endpointConfig } from '../../support/endpoint-scene.ts';

const arn = (digit: number) =>
  `arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-00000000000${digit}`;
const ONE = arn(1);
const TWO = arn(2);

function permissions(parts: object): Permissions {
  const config = endpointConfig({
    keys: {
      one: { arn: ONE, operations: ['Decrypt', 'Encrypt', 'DescribeKey'] },
      bound: {
        arn: TWO,
        operations: ['Decrypt', 'Encrypt', 'DescribeKey'],
        encryptionContext: { tenant: 'blue' },
      },
      described: { arn: TWO, operations: ['DescribeKey'] },
    },
    callers: [callerConfig('/run', 'app', parts)],
  });
  const [caller] = config.callers;
  if (caller === undefined) throw new Error('there is no caller');
  return permissionsOf(caller, config.keys);
}

const may = permissions({
  permissions: [
    { key: 'one', operations: ['Decrypt'] },
    { key: 'bound', operations: ['Decrypt', 'DescribeKey'], encryptionContext: { app: 'two' } },
  ],
});
const context = (pairs: Readonly<Record<string, string>>) => new Map(Object.entries(pairs));

describe('permissions of a caller', () => {
  it.each<[string, RequestedCall, string]>([
    ['on its key', { operation: 'Decrypt', keyArn: ONE }, 'one'],
    [
      'with any encryption context, where none is required',
      { operation: 'Decrypt', keyArn: ONE, encryptionContext: context({ any: 'thing' }) },
      'one',
    ],
    [
      'with what key and permission require, and more',
      {
        operation: 'Decrypt',
        keyArn: TWO,
        encryptionContext: context({ more: '', tenant: 'blue', app: 'two' }),
      },
      'bound',
    ],
  ])('hold for a call %s', (_what, call, keyName) => {
    expect(checkPermitted(may, call)?.keyName).toBe(keyName);
  });

  it.each<[string, RequestedCall, string]>([
    ['on a key of others', { operation: 'Decrypt', keyArn: arn(3) }, 'CALLER_DENIED'],
    ['on no key', { operation: 'Decrypt' }, 'CALLER_DENIED'],
    ['on an empty key', { operation: 'Decrypt', keyArn: '' }, 'CALLER_DENIED'],
    ['by another operation', { operation: 'Encrypt', keyArn: ONE }, 'CALLER_DENIED'],
    ['by an operation that is none', { operation: 'toString', keyArn: ONE }, 'CALLER_DENIED'],
    ['for random bytes', { operation: 'GenerateRandom' }, 'CALLER_DENIED'],
    [
      'without the encryption context',
      { operation: 'Decrypt', keyArn: TWO },
      'CALLER_ENCRYPTION_CONTEXT',
    ],
    [
      'with what the key requires alone',
      { operation: 'Decrypt', keyArn: TWO, encryptionContext: context({ tenant: 'blue' }) },
      'CALLER_ENCRYPTION_CONTEXT',
    ],
    [
      'with what the permission requires alone',
      { operation: 'Decrypt', keyArn: TWO, encryptionContext: context({ app: 'two' }) },
      'CALLER_ENCRYPTION_CONTEXT',
    ],
    [
      'with another value',
      {
        operation: 'Decrypt',
        keyArn: TWO,
        encryptionContext: context({ tenant: 'Blue', app: 'two' }),
      },
      'CALLER_ENCRYPTION_CONTEXT',
    ],
    [
      'with another name',
      {
        operation: 'Decrypt',
        keyArn: TWO,
        encryptionContext: context({ Tenant: 'blue', app: 'two' }),
      },
      'CALLER_ENCRYPTION_CONTEXT',
    ],
    [
      'that has no encryption context, where one is required',
      { operation: 'DescribeKey', keyArn: TWO },
      'CALLER_ENCRYPTION_CONTEXT',
    ],
  ])('refuse a call %s', (_what, call, code) => {
    expect(codeOf(() => checkPermitted(may, call))).toBe(code);
  });

  it('are none for a caller with none', () => {
    const none = permissions({});
    expect(codeOf(() => checkPermitted(none, { operation: 'Decrypt', keyArn: ONE }))).toBe(
      'CALLER_DENIED',
    );
  });

  it('are for random bytes by themselves, and name no key', () => {
    const random = permissions({ generateRandom: true });
    expect(checkPermitted(random, { operation: 'GenerateRandom' })).toBeUndefined();
    expect(codeOf(() => checkPermitted(random, { operation: 'GenerateRandom', keyArn: ONE }))).toBe(
      'CALLER_DENIED',
    );
  });

  it('add up, where two names stand for one key', () => {
    const both = permissions({
      permissions: [
        { key: 'bound', operations: ['Decrypt', 'DescribeKey'] },
        { key: 'described', operations: ['DescribeKey'] },
      ],
    });
    expect(checkPermitted(both, { operation: 'DescribeKey', keyArn: TWO })?.keyName).toBe(
      'described',
    );
    expect(codeOf(() => checkPermitted(both, { operation: 'Decrypt', keyArn: TWO }))).toBe(
      'CALLER_ENCRYPTION_CONTEXT',
    );
  });

  it('list the keys for an operation, each once', () => {
    expect(permittedKeys(may, 'Decrypt')).toEqual([ONE, TWO]);
    expect(permittedKeys(may, 'Encrypt')).toEqual([]);
  });
});
