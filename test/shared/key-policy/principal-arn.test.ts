import { describe, expect, it } from 'vitest';
import {
  type PrincipalArn,
  parsePrincipalArn,
  pathlessRole,
  roleOfSession,
} from '../../../shared/key-policy/principal-arn.ts';

const IAM = 'arn:aws:iam::111122223333';
const STS = 'arn:aws:sts::111122223333';

const principal = (kind: PrincipalArn['kind'], ...names: string[]): PrincipalArn => ({
  partition: 'aws',
  accountId: '111122223333',
  kind,
  names,
});

describe('the ARN of a principal', () => {
  it.each<[string, PrincipalArn]>([
    [`${IAM}:root`, principal('root')],
    [`${IAM}:user/ann`, principal('user', 'ann')],
    [`${IAM}:role/a/b/worker`, principal('role', 'a', 'b', 'worker')],
    [`${STS}:assumed-role/worker/one`, principal('assumed-role', 'worker', 'one')],
    [`${STS}:federated-user/bob`, principal('federated-user', 'bob')],
    ['arn:aws-cn:iam::111122223333:root', { ...principal('root'), partition: 'aws-cn' }],
  ])('%s is taken apart', (arn, expected) => {
    expect(parsePrincipalArn(arn)).toEqual(expected);
  });

  it.each([
    '',
    'ann',
    '111122223333',
    `${IAM}:root/x`,
    `${IAM}:user`,
    `${IAM}:user/`,
    `${IAM}:group/admins`,
    `${IAM}:role/work*`,
    `${IAM}:role/worke?`,
    `${IAM}:role/a b`,
    `${IAM}:role/worker\n`,
    `${IAM}:assumed-role/worker/one`,
    `${STS}:role/worker`,
    'arn:aws:iam::11112222333:root',
    'arn:aws:iam:us-east-1:111122223333:root',
    'arn:aws:s3:::bucket',
  ])('%j is none', (arn) => {
    expect(parsePrincipalArn(arn)).toBeUndefined();
  });
});

describe('the role of a principal', () => {
  const worker = `${IAM}:role/worker`;

  it.each<[PrincipalArn, string | undefined, string | undefined]>([
    [principal('role', 'worker'), worker, undefined],
    [principal('role', 'a', 'b', 'worker'), worker, undefined],
    [principal('role', 'a', '', 'worker'), undefined, undefined],
    [principal('role', 'worker', ''), undefined, undefined],
    [principal('assumed-role', 'worker', 'one'), undefined, worker],
    [principal('assumed-role', 'worker'), undefined, undefined],
    [principal('assumed-role', 'worker', 'one', 'two'), undefined, undefined],
    [principal('assumed-role', 'worker', ''), undefined, undefined],
    [principal('user', 'worker'), undefined, undefined],
    [principal('root'), undefined, undefined],
  ])('%j', (parsed, ofRole, ofSession) => {
    expect([pathlessRole(parsed), roleOfSession(parsed)]).toEqual([ofRole, ofSession]);
  });
});
