import { describe, expect, it } from 'vitest';
import { checkPrincipal } from '../../../local-kms/grants/principal.ts';

const USER = 'iam::111122223333:user/u';

describe('the principal of a grant', () => {
  it.each([
    ['us-east-1', `arn:aws:${USER}`],
    ['cn-north-1', `arn:aws-cn:${USER}`],
    ['us-gov-west-1', `arn:aws-us-gov:${USER}`],
    ['us-east-1', 'ec2.amazonaws.com'],
    ['cn-north-1', 'ec2.amazonaws.com'],
    ['cn-north-1', 'ec2.amazonaws.com.cn'],
  ])('may in %s be %s', (region, principal) => {
    expect(() => checkPrincipal(principal, { region })).not.toThrow();
  });

  it.each([
    ['us-east-1', `arn:aws-cn:${USER}`],
    ['cn-north-1', `arn:aws:${USER}`],
    ['us-gov-west-1', `arn:aws:${USER}`],
    ['us-east-1', 'arn:aws:s3:::bucket'],
    ['us-east-1', ''],
    ['us-east-1', '.amazonaws.com'],
    ['us-east-1', 'ec2..amazonaws.com'],
    ['us-east-1', 'ec2.amazonaws.com.'],
    ['us-east-1', 'EC2.amazonaws.com'],
    ['us-east-1', `${'a'.repeat(255)}!`],
  ])('may in %s not be %j', (region, principal) => {
    expect(() => checkPrincipal(principal, { region })).toThrow(
      expect.objectContaining({
        type: 'InvalidArnException',
        wireMessage: `ARN does not refer to a valid principal: ${principal}`,
      }),
    );
  });
});
