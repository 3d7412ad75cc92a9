import { describe, expect, it } from 'vitest';
import { parseSeed } from '../../../local-kms/index.ts';

const principal = {
  accessKeyId: 'app',
  secretAccessKey: 'secret',
  arn: 'arn:aws:sts::111122223333:assumed-role/app/session',
};
const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
const otherId = '2234abcd-12ab-34cd-56ef-1234567890ab';
const prototype = (value: unknown) => Object.fromEntries([['__proto__', value]]);
const statement = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };

describe('seed file', () => {
  it('gives principals with their account, credentials and policies', () => {
    const policies = [{ Version: '2012-10-17', Statement: [statement] }];
    const { principals = [] } = parseSeed(
      JSON.stringify({ principals: [{ ...principal, sessionToken: 'token', policies }] }),
    );
    expect(principals).toHaveLength(1);
    expect(principals[0]).toMatchObject({
      accessKeyId: 'app',
      credentials: { secretAccessKey: 'secret', sessionToken: 'token' },
      identity: { arn: principal.arn, accountId: '111122223333' },
    });
    expect([...(principals[0]?.policies.keys() ?? [])]).toEqual(['principals.0.policies.0']);
  });

  it.each<[string, unknown, string]>([
    ['an empty list', { principals: [] }, 'CONFIG_INVALID'],
    ['an unknown key', { principals: [principal], aliases: [] }, 'CONFIG_UNKNOWN_KEY'],
    [
      'an unknown key within',
      { principals: [{ ...principal, secret: 'x' }] },
      'CONFIG_UNKNOWN_KEY',
    ],
    ['no secret', { principals: [{ ...principal, secretAccessKey: '' }] }, 'CONFIG_INVALID'],
    ['no ARN', { principals: [{ ...principal, arn: 'app' }] }, 'CONFIG_INVALID'],
    [
      'an ARN of another service',
      { principals: [{ ...principal, arn: 'arn:aws:s3:::bucket' }] },
      'CONFIG_INVALID',
    ],
    ['an access key id twice', { principals: [principal, principal] }, 'CONFIG_INVALID'],
    [
      'a malformed policy',
      {
        principals: [
          { ...principal, policies: [{ Statement: [{ ...statement, Effect: 'May' }] }] },
        ],
      },
      'CONFIG_INVALID',
    ],
    ['a key without an id', { keys: [{}] }, 'CONFIG_INVALID'],
    ['a key id that is none', { keys: [{ keyId: 'my-key' }] }, 'CONFIG_INVALID'],
    ['a key twice', { keys: [{ keyId }, { keyId }] }, 'CONFIG_INVALID'],
    ['an unknown spec', { keys: [{ keyId, keySpec: 'AES_512' }] }, 'CONFIG_INVALID'],
    ['an unknown member of a key', { keys: [{ keyId, secret: 'x' }] }, 'CONFIG_UNKNOWN_KEY'],
    ['a key policy that is none', { keys: [{ keyId, policy: { Effect: 1 } }] }, 'CONFIG_INVALID'],
    ['an alias without its prefix', { keys: [{ keyId, aliases: ['app'] }] }, 'CONFIG_INVALID'],
    ['material that is not base64', { keys: [{ keyId, material: '%' }] }, 'CONFIG_INVALID'],
    [
      'an alias twice',
      {
        keys: [
          { keyId, aliases: ['alias/a'] },
          { keyId: otherId, aliases: ['alias/a'] },
        ],
      },
      'CONFIG_INVALID',
    ],
    [
      'a rotation period of no days',
      { keys: [{ keyId, rotation: { periodInDays: 0, nextDate: 1 } }] },
      'CONFIG_INVALID',
    ],
    [
      'a tag whose key has a character that no tag has',
      { keys: [{ keyId, tags: { 'why?': '' } }] },
      'CONFIG_INVALID',
    ],
    [
      'a tag whose value has a character that no tag has',
      { keys: [{ keyId, tags: { team: 'R & D' } }] },
      'CONFIG_INVALID',
    ],
    [
      'a tag that zod would drop',
      { keys: [{ keyId, tags: prototype('x') }] },
      'CONFIG_UNKNOWN_KEY',
    ],
    [
      'a condition of a policy that zod would drop',
      {
        principals: [
          {
            ...principal,
            policies: [
              { Statement: [{ ...statement, Condition: prototype({ 'kms:ViaService': 'x' }) }] },
            ],
          },
        ],
      },
      'CONFIG_UNKNOWN_KEY',
    ],
    ['a fault that is none', { faults: [{ kind: 'flood' }] }, 'CONFIG_INVALID'],
  ])('refuses %s', (_name, seed, code) => {
    expect(() => parseSeed(JSON.stringify(seed))).toThrow(expect.objectContaining({ code }));
  });

  it('takes the tags that TagResource takes', () => {
    const tags = { 'Cost Centre': 'ü ½', 'x+=._:/@-': '' };
    const { keys } = parseSeed(JSON.stringify({ keys: [{ keyId, tags }] }));
    expect(keys[0]?.tags).toEqual(tags);
  });

  it('does not repeat a secret in its complaint', () => {
    const text = JSON.stringify({ principals: [{ ...principal, secretAccessKey: 12345678 }] });
    expect(() => parseSeed(text)).toThrow(expect.not.stringContaining('12345678'));
  });
});
