import { describe, expect, it } from 'vitest';
import {
  type AttestedPlatform,
  type Authorization,
  attestationContext,
  authorize,
  type ConditionReport,
  type PolicyDecision,
  type PolicyGrant,
  parseIdentityPolicy,
  parseKeyPolicy,
  type RequestContext,
} from '../../../shared/key-policy/index.ts';

/**
 * Policies with attestation conditions against requests, decision and reason of each worked out by
 * hand from IAM's rules.
 *
 * A reason tells of every statement and grant in turn whether it applied, and what its conditions
 * found: `is` and `missing` where the condition holds, `but` where it does not. `account` is an Allow
 * for the account, which leaves it to IAM.
 */

const account = '111122223333';
const role = `arn:aws:iam::${account}:role/Broker`;

const IMAGE = 'kms:RecipientAttestation:ImageSha384';
const PCR0 = 'kms:RecipientAttestation:PCR0';
const PCR8 = 'kms:RecipientAttestation:PCR8';
const TPM4 = 'kms:RecipientAttestation:NitroTPMPCR4';

/** Two images, two signers of images, and the registers of an enclave in debug mode. */
const digests = { A: 'aa', B: 'bb', S: 'cc', T: 'dd', zero: '00' } as const;
type Digest = keyof typeof digests;
const hex = (digest: Digest): string => digests[digest].repeat(48);
const bytes = (digest: Digest) => new Uint8Array(48).fill(Number.parseInt(digests[digest], 16));

function recipient(
  kind: AttestedPlatform['kind'],
  pcrs: Readonly<Record<number, Digest>>,
): RequestContext {
  const registers = Object.entries(pcrs).map(([index, digest]) => [Number(index), bytes(digest)]);
  return attestationContext({ kind, pcrs: new Map(registers as [number, Uint8Array][]) });
}

const requests: Readonly<Record<string, RequestContext>> = {
  'no Recipient': new Map(),
  'A by S': recipient('enclave', { 0: 'A', 8: 'S' }),
  'A by T': recipient('enclave', { 0: 'A', 8: 'T' }),
  'B by S': recipient('enclave', { 0: 'B', 8: 'S' }),
  debug: recipient('enclave', { 0: 'zero', 8: 'zero' }),
  TPM: recipient('nitrotpm', { 0: 'A', 4: 'A', 8: 'S' }),
};

interface Row {
  readonly keyPolicy: readonly object[];
  readonly identityPolicy?: readonly object[];
  readonly grants?: readonly PolicyGrant[];
  readonly cells: string;
}

const to = (Effect: 'Allow' | 'Deny', AWS: string, Condition: object = {}) => ({
  Effect,
  Principal: { AWS },
  Action: 'kms:Decrypt',
  Resource: '*',
  Condition,
});
const allow = (condition?: object) => to('Allow', role, condition);
const deny = (condition: object) => to('Deny', '*', condition);
const delegate = to('Allow', account);
const iam = (Effect: 'Allow' | 'Deny', Condition: object = {}) => ({
  Effect,
  Action: 'kms:*',
  Resource: '*',
  Condition,
});
const grant = { grantId: 'g', granteePrincipal: role, operations: ['Decrypt'] };

const matrix: Readonly<Record<string, Row>> = {
  'Allow, positive operator': {
    keyPolicy: [allow({ StringEqualsIgnoreCase: { [IMAGE]: hex('A').toUpperCase() } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but ImageSha384 missing
      A by S       | allow         | key policy | Allow yes, ImageSha384 is A
      A by T       | allow         | key policy | Allow yes, ImageSha384 is A
      B by S       | implicit-deny | key policy | Allow no, but ImageSha384 is B
      debug        | implicit-deny | key policy | Allow no, but ImageSha384 is zero
      TPM          | implicit-deny | key policy | Allow no, but ImageSha384 missing`,
  },
  'Allow, positive operator that minds case, the policy in upper case': {
    keyPolicy: [allow({ StringEquals: { [PCR0]: hex('A').toUpperCase() } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing
      A by S       | implicit-deny | key policy | Allow no, but PCR0 is A
      A by T       | implicit-deny | key policy | Allow no, but PCR0 is A
      B by S       | implicit-deny | key policy | Allow no, but PCR0 is B
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero
      TPM          | implicit-deny | key policy | Allow no, but PCR0 missing`,
  },
  'Allow, 0x before the digits, which no request has': {
    keyPolicy: [allow({ StringEqualsIgnoreCase: { [PCR0]: `0x${hex('A')}` } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing
      A by S       | implicit-deny | key policy | Allow no, but PCR0 is A
      A by T       | implicit-deny | key policy | Allow no, but PCR0 is A
      B by S       | implicit-deny | key policy | Allow no, but PCR0 is B
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero
      TPM          | implicit-deny | key policy | Allow no, but PCR0 missing`,
  },
  'Allow, StringLike *: any enclave, in debug mode too': {
    keyPolicy: [allow({ StringLike: { [IMAGE]: '*' } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but ImageSha384 missing
      A by S       | allow         | key policy | Allow yes, ImageSha384 is A
      A by T       | allow         | key policy | Allow yes, ImageSha384 is A
      B by S       | allow         | key policy | Allow yes, ImageSha384 is B
      debug        | allow         | key policy | Allow yes, ImageSha384 is zero
      TPM          | implicit-deny | key policy | Allow no, but ImageSha384 missing`,
  },
  'Allow, several values of a register': {
    keyPolicy: [allow({ StringEqualsIgnoreCase: { [PCR0]: [hex('A'), hex('B')] } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing
      A by S       | allow         | key policy | Allow yes, PCR0 is A
      A by T       | allow         | key policy | Allow yes, PCR0 is A
      B by S       | allow         | key policy | Allow yes, PCR0 is B
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero
      TPM          | implicit-deny | key policy | Allow no, but PCR0 missing`,
  },
  'Allow, a set of registers': {
    keyPolicy: [allow({ StringEqualsIgnoreCase: { [PCR0]: hex('A'), [PCR8]: hex('S') } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing, but PCR8 missing
      A by S       | allow         | key policy | Allow yes, PCR0 is A, PCR8 is S
      A by T       | implicit-deny | key policy | Allow no, PCR0 is A, but PCR8 is T
      B by S       | implicit-deny | key policy | Allow no, but PCR0 is B, PCR8 is S
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero, but PCR8 is zero
      TPM          | implicit-deny | key policy | Allow no, but PCR0 missing, but PCR8 missing`,
  },
  'Allow, two sets of registers in two statements': {
    keyPolicy: [
      allow({ StringEqualsIgnoreCase: { [PCR0]: hex('A'), [PCR8]: hex('T') } }),
      allow({ StringEqualsIgnoreCase: { [PCR0]: hex('B'), [PCR8]: hex('S') } }),
    ],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing, but PCR8 missing. Allow no, but PCR0 missing, but PCR8 missing
      A by S       | implicit-deny | key policy | Allow no, PCR0 is A, but PCR8 is S. Allow no, but PCR0 is A, PCR8 is S
      A by T       | allow         | key policy | Allow yes, PCR0 is A, PCR8 is T. Allow no, but PCR0 is A, but PCR8 is T
      B by S       | allow         | key policy | Allow no, but PCR0 is B, but PCR8 is S. Allow yes, PCR0 is B, PCR8 is S
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero, but PCR8 is zero. Allow no, but PCR0 is zero, but PCR8 is zero
      TPM          | implicit-deny | key policy | Allow no, but PCR0 missing, but PCR8 missing. Allow no, but PCR0 missing, but PCR8 missing`,
  },
  'Allow, IfExists: whoever brings no document is let in': {
    keyPolicy: [allow({ StringEqualsIgnoreCaseIfExists: { [PCR0]: hex('A') } })],
    cells: `
      no Recipient | allow         | key policy | Allow yes, PCR0 missing
      A by S       | allow         | key policy | Allow yes, PCR0 is A
      A by T       | allow         | key policy | Allow yes, PCR0 is A
      B by S       | implicit-deny | key policy | Allow no, but PCR0 is B
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero
      TPM          | allow         | key policy | Allow yes, PCR0 missing`,
  },
  'Allow, negated operator: whoever brings no document is let in': {
    keyPolicy: [allow({ StringNotEquals: { [PCR0]: hex('zero') } })],
    cells: `
      no Recipient | allow         | key policy | Allow yes, PCR0 missing
      A by S       | allow         | key policy | Allow yes, PCR0 is A
      A by T       | allow         | key policy | Allow yes, PCR0 is A
      B by S       | allow         | key policy | Allow yes, PCR0 is B
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero
      TPM          | allow         | key policy | Allow yes, PCR0 missing`,
  },
  'Allow, Null false: any enclave, in debug mode too': {
    keyPolicy: [allow({ Null: { [PCR0]: 'false' } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing
      A by S       | allow         | key policy | Allow yes, PCR0 is A
      A by T       | allow         | key policy | Allow yes, PCR0 is A
      B by S       | allow         | key policy | Allow yes, PCR0 is B
      debug        | allow         | key policy | Allow yes, PCR0 is zero
      TPM          | implicit-deny | key policy | Allow no, but PCR0 missing`,
  },
  'Allow, Null false beside a negated operator: any enclave but one in debug mode': {
    keyPolicy: [allow({ Null: { [PCR0]: false }, StringNotEquals: { [PCR0]: hex('zero') } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing, PCR0 missing
      A by S       | allow         | key policy | Allow yes, PCR0 is A, PCR0 is A
      A by T       | allow         | key policy | Allow yes, PCR0 is A, PCR0 is A
      B by S       | allow         | key policy | Allow yes, PCR0 is B, PCR0 is B
      debug        | implicit-deny | key policy | Allow no, PCR0 is zero, but PCR0 is zero
      TPM          | implicit-deny | key policy | Allow no, but PCR0 missing, PCR0 missing`,
  },
  'Allow, ForAnyValue': {
    keyPolicy: [allow({ 'ForAnyValue:StringEquals': { [PCR0]: [hex('A'), hex('T')] } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing
      A by S       | allow         | key policy | Allow yes, PCR0 is A
      A by T       | allow         | key policy | Allow yes, PCR0 is A
      B by S       | implicit-deny | key policy | Allow no, but PCR0 is B
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero
      TPM          | implicit-deny | key policy | Allow no, but PCR0 missing`,
  },
  'Allow, ForAllValues: whoever brings no document is let in': {
    keyPolicy: [allow({ 'ForAllValues:StringEquals': { [PCR0]: hex('A') } })],
    cells: `
      no Recipient | allow         | key policy | Allow yes, PCR0 missing
      A by S       | allow         | key policy | Allow yes, PCR0 is A
      A by T       | allow         | key policy | Allow yes, PCR0 is A
      B by S       | implicit-deny | key policy | Allow no, but PCR0 is B
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero
      TPM          | allow         | key policy | Allow yes, PCR0 missing`,
  },
  'Deny, negated operator': {
    keyPolicy: [allow(), deny({ StringNotEqualsIgnoreCase: { [IMAGE]: hex('A').toUpperCase() } })],
    cells: `
      no Recipient | explicit-deny | key policy | Allow yes. Deny yes, ImageSha384 missing
      A by S       | allow         | key policy | Allow yes. Deny no, but ImageSha384 is A
      A by T       | allow         | key policy | Allow yes. Deny no, but ImageSha384 is A
      B by S       | explicit-deny | key policy | Allow yes. Deny yes, ImageSha384 is B
      debug        | explicit-deny | key policy | Allow yes. Deny yes, ImageSha384 is zero
      TPM          | explicit-deny | key policy | Allow yes. Deny yes, ImageSha384 missing`,
  },
  'Deny, negated operator, several values': {
    keyPolicy: [allow(), deny({ StringNotEqualsIgnoreCase: { [PCR0]: [hex('A'), hex('B')] } })],
    cells: `
      no Recipient | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing
      A by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      A by T       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      B by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is B
      debug        | explicit-deny | key policy | Allow yes. Deny yes, PCR0 is zero
      TPM          | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing`,
  },
  'Deny, negated operator on a set of registers: both must differ for it to apply': {
    keyPolicy: [allow(), deny({ StringNotEquals: { [PCR0]: hex('A'), [PCR8]: hex('S') } })],
    cells: `
      no Recipient | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing, PCR8 missing
      A by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is A, but PCR8 is S
      A by T       | allow         | key policy | Allow yes. Deny no, but PCR0 is A, PCR8 is T
      B by S       | allow         | key policy | Allow yes. Deny no, PCR0 is B, but PCR8 is S
      debug        | explicit-deny | key policy | Allow yes. Deny yes, PCR0 is zero, PCR8 is zero
      TPM          | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing, PCR8 missing`,
  },
  'Deny, negated operator, a statement for each register': {
    keyPolicy: [
      allow(),
      deny({ StringNotEquals: { [PCR0]: hex('A') } }),
      deny({ StringNotEquals: { [PCR8]: hex('S') } }),
    ],
    cells: `
      no Recipient | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing. Deny yes, PCR8 missing
      A by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is A. Deny no, but PCR8 is S
      A by T       | explicit-deny | key policy | Allow yes. Deny no, but PCR0 is A. Deny yes, PCR8 is T
      B by S       | explicit-deny | key policy | Allow yes. Deny yes, PCR0 is B. Deny no, but PCR8 is S
      debug        | explicit-deny | key policy | Allow yes. Deny yes, PCR0 is zero. Deny yes, PCR8 is zero
      TPM          | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing. Deny yes, PCR8 missing`,
  },
  'Deny, negated operator IfExists': {
    keyPolicy: [allow(), deny({ StringNotEqualsIfExists: { [PCR0]: hex('A') } })],
    cells: `
      no Recipient | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing
      A by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      A by T       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      B by S       | explicit-deny | key policy | Allow yes. Deny yes, PCR0 is B
      debug        | explicit-deny | key policy | Allow yes. Deny yes, PCR0 is zero
      TPM          | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing`,
  },
  'Deny, positive operator: whoever brings no document is let in': {
    keyPolicy: [allow(), deny({ StringEquals: { [PCR0]: hex('zero') } })],
    cells: `
      no Recipient | allow         | key policy | Allow yes. Deny no, but PCR0 missing
      A by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      A by T       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      B by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is B
      debug        | explicit-deny | key policy | Allow yes. Deny yes, PCR0 is zero
      TPM          | allow         | key policy | Allow yes. Deny no, but PCR0 missing`,
  },
  'Deny, Null true: any enclave': {
    keyPolicy: [allow(), deny({ Null: { [PCR0]: 'true' } })],
    cells: `
      no Recipient | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing
      A by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      A by T       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      B by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is B
      debug        | allow         | key policy | Allow yes. Deny no, but PCR0 is zero
      TPM          | explicit-deny | key policy | Allow yes. Deny yes, PCR0 missing`,
  },
  'Deny, ForAnyValue with a negated operator: whoever brings no document is let in': {
    keyPolicy: [allow(), deny({ 'ForAnyValue:StringNotEquals': { [PCR0]: hex('A') } })],
    cells: `
      no Recipient | allow         | key policy | Allow yes. Deny no, but PCR0 missing
      A by S       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      A by T       | allow         | key policy | Allow yes. Deny no, but PCR0 is A
      B by S       | explicit-deny | key policy | Allow yes. Deny yes, PCR0 is B
      debug        | explicit-deny | key policy | Allow yes. Deny yes, PCR0 is zero
      TPM          | allow         | key policy | Allow yes. Deny no, but PCR0 missing`,
  },
  'A grant bypasses an Allow with conditions': {
    keyPolicy: [allow({ StringEquals: { [PCR0]: hex('A') } })],
    grants: [grant],
    cells: `
      no Recipient | allow         | grant      | Allow no, but PCR0 missing. Grant yes
      A by S       | allow         | key policy | Allow yes, PCR0 is A. Grant yes
      A by T       | allow         | key policy | Allow yes, PCR0 is A. Grant yes
      B by S       | allow         | grant      | Allow no, but PCR0 is B. Grant yes
      debug        | allow         | grant      | Allow no, but PCR0 is zero. Grant yes
      TPM          | allow         | grant      | Allow no, but PCR0 missing. Grant yes`,
  },
  'A grant does not bypass a Deny with a negated operator': {
    keyPolicy: [delegate, deny({ StringNotEquals: { [PCR0]: hex('A') } })],
    grants: [grant],
    cells: `
      no Recipient | explicit-deny | key policy | Allow account. Deny yes, PCR0 missing. Grant yes
      A by S       | allow         | grant      | Allow account. Deny no, but PCR0 is A. Grant yes
      A by T       | allow         | grant      | Allow account. Deny no, but PCR0 is A. Grant yes
      B by S       | explicit-deny | key policy | Allow account. Deny yes, PCR0 is B. Grant yes
      debug        | explicit-deny | key policy | Allow account. Deny yes, PCR0 is zero. Grant yes
      TPM          | explicit-deny | key policy | Allow account. Deny yes, PCR0 missing. Grant yes`,
  },
  'A grant for another operation, or with a constraint that does not hold, bypasses nothing': {
    keyPolicy: [allow({ StringEquals: { [PCR0]: hex('A') } })],
    grants: [
      { ...grant, operations: ['Encrypt'] },
      { ...grant, constraints: { encryptionContextSubset: new Map([['Tenant', 'a']]) } },
    ],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing. Grant no. Grant no
      A by S       | allow         | key policy | Allow yes, PCR0 is A. Grant no. Grant no
      A by T       | allow         | key policy | Allow yes, PCR0 is A. Grant no. Grant no
      B by S       | implicit-deny | key policy | Allow no, but PCR0 is B. Grant no. Grant no
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero. Grant no. Grant no
      TPM          | implicit-deny | key policy | Allow no, but PCR0 missing. Grant no. Grant no`,
  },
  'The account as principal and an IAM policy bypass an Allow with conditions': {
    keyPolicy: [delegate, allow({ StringEquals: { [PCR0]: hex('A') } })],
    identityPolicy: [iam('Allow')],
    cells: `
      no Recipient | allow         | IAM        | Allow account. Allow no, but PCR0 missing. IAM Allow yes
      A by S       | allow         | key policy | Allow account. Allow yes, PCR0 is A. IAM Allow yes
      A by T       | allow         | key policy | Allow account. Allow yes, PCR0 is A. IAM Allow yes
      B by S       | allow         | IAM        | Allow account. Allow no, but PCR0 is B. IAM Allow yes
      debug        | allow         | IAM        | Allow account. Allow no, but PCR0 is zero. IAM Allow yes
      TPM          | allow         | IAM        | Allow account. Allow no, but PCR0 missing. IAM Allow yes`,
  },
  'The account as principal and an IAM policy with conditions': {
    keyPolicy: [delegate],
    identityPolicy: [iam('Allow', { StringEquals: { [PCR0]: hex('A') } })],
    cells: `
      no Recipient | implicit-deny | IAM        | Allow account. IAM Allow no, but PCR0 missing
      A by S       | allow         | IAM        | Allow account. IAM Allow yes, PCR0 is A
      A by T       | allow         | IAM        | Allow account. IAM Allow yes, PCR0 is A
      B by S       | implicit-deny | IAM        | Allow account. IAM Allow no, but PCR0 is B
      debug        | implicit-deny | IAM        | Allow account. IAM Allow no, but PCR0 is zero
      TPM          | implicit-deny | IAM        | Allow account. IAM Allow no, but PCR0 missing`,
  },
  'A Deny with a negated operator in an IAM policy binds key policy and grants alike': {
    keyPolicy: [allow()],
    identityPolicy: [iam('Deny', { StringNotEquals: { [PCR0]: hex('A') } })],
    grants: [grant],
    cells: `
      no Recipient | explicit-deny | IAM        | Allow yes. Grant yes. IAM Deny yes, PCR0 missing
      A by S       | allow         | key policy | Allow yes. Grant yes. IAM Deny no, but PCR0 is A
      A by T       | allow         | key policy | Allow yes. Grant yes. IAM Deny no, but PCR0 is A
      B by S       | explicit-deny | IAM        | Allow yes. Grant yes. IAM Deny yes, PCR0 is B
      debug        | explicit-deny | IAM        | Allow yes. Grant yes. IAM Deny yes, PCR0 is zero
      TPM          | explicit-deny | IAM        | Allow yes. Grant yes. IAM Deny yes, PCR0 missing`,
  },
  'Allow on a NitroTPM register: an enclave of the same digest is not let in': {
    keyPolicy: [allow({ StringEqualsIgnoreCase: { [TPM4]: hex('A') } })],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but NitroTPMPCR4 missing
      A by S       | implicit-deny | key policy | Allow no, but NitroTPMPCR4 missing
      A by T       | implicit-deny | key policy | Allow no, but NitroTPMPCR4 missing
      B by S       | implicit-deny | key policy | Allow no, but NitroTPMPCR4 missing
      debug        | implicit-deny | key policy | Allow no, but NitroTPMPCR4 missing
      TPM          | allow         | key policy | Allow yes, NitroTPMPCR4 is A`,
  },
  'Deny, negated operator on a NitroTPM register': {
    keyPolicy: [allow(), deny({ StringNotEqualsIgnoreCase: { [TPM4]: hex('A') } })],
    cells: `
      no Recipient | explicit-deny | key policy | Allow yes. Deny yes, NitroTPMPCR4 missing
      A by S       | explicit-deny | key policy | Allow yes. Deny yes, NitroTPMPCR4 missing
      A by T       | explicit-deny | key policy | Allow yes. Deny yes, NitroTPMPCR4 missing
      B by S       | explicit-deny | key policy | Allow yes. Deny yes, NitroTPMPCR4 missing
      debug        | explicit-deny | key policy | Allow yes. Deny yes, NitroTPMPCR4 missing
      TPM          | allow         | key policy | Allow yes. Deny no, but NitroTPMPCR4 is A`,
  },
  'Allow on an enclave, or on a NitroTPM instance, in two statements': {
    keyPolicy: [
      allow({ StringEquals: { [PCR0]: hex('A') } }),
      allow({ StringEquals: { [TPM4]: hex('A') } }),
    ],
    cells: `
      no Recipient | implicit-deny | key policy | Allow no, but PCR0 missing. Allow no, but NitroTPMPCR4 missing
      A by S       | allow         | key policy | Allow yes, PCR0 is A. Allow no, but NitroTPMPCR4 missing
      A by T       | allow         | key policy | Allow yes, PCR0 is A. Allow no, but NitroTPMPCR4 missing
      B by S       | implicit-deny | key policy | Allow no, but PCR0 is B. Allow no, but NitroTPMPCR4 missing
      debug        | implicit-deny | key policy | Allow no, but PCR0 is zero. Allow no, but NitroTPMPCR4 missing
      TPM          | allow         | key policy | Allow no, but PCR0 missing. Allow yes, NitroTPMPCR4 is A`,
  },
};

function decide({ keyPolicy, identityPolicy, grants }: Row, context: RequestContext) {
  const text = (Statement: readonly object[]) =>
    JSON.stringify({ Version: '2012-10-17', Statement });
  return authorize({
    request: {
      principal: { arn: `arn:aws:sts::${account}:assumed-role/Broker/i-1`, accountId: account },
      action: 'kms:Decrypt',
      resource: `arn:aws:kms:us-east-1:${account}:key/1`,
      context,
    },
    key: {
      accountId: account,
      policy: parseKeyPolicy(text(keyPolicy)),
      grants: grants ?? [],
    },
    identityPolicies: new Map(identityPolicy && [['p', parseIdentityPolicy(text(identityPolicy))]]),
  });
}

const settlers = {
  'resource-based policy': 'key policy',
  'identity-based policy': 'IAM',
  grant: 'grant',
} as const;

/** A decision in the words of the matrix. */
function cellOf({ effect, settledBy, keyPolicy, grants, identityPolicies }: Authorization) {
  const reasons = [
    ...(keyPolicy === undefined ? [] : reasonsOf('', keyPolicy)),
    ...grants.map(({ matched }) => `Grant ${matched ? 'yes' : 'no'}`),
    ...[...identityPolicies.values()].flatMap((decision) => reasonsOf('IAM ', decision)),
  ];
  return [effect, settlers[settledBy], reasons.join('. ')];
}

function reasonsOf(source: string, { statements }: PolicyDecision): readonly string[] {
  return statements.map(({ effect, matched, delegates, conditions }) =>
    [
      `${source}${effect} ${delegates ? 'account' : matched ? 'yes' : 'no'}`,
      ...conditions.map(findingOf),
    ].join(', '),
  );
}

function findingOf({ key, actual, holds }: ConditionReport): string {
  const register = key.replace('kms:RecipientAttestation:', '');
  const found = actual === 'missing' ? 'missing' : `is ${actual.map(digestOf).join()}`;
  return `${holds ? '' : 'but '}${register} ${found}`;
}

function digestOf(value: string): string {
  return (Object.keys(digests) as Digest[]).find((digest) => hex(digest) === value) ?? value;
}

describe.each(Object.entries(matrix))('%s', (_what, row) => {
  const cells = row.cells
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((field) => field.trim()));

  it('has a cell for every request', () => {
    expect(cells.map(([request]) => request)).toEqual(Object.keys(requests));
  });

  it.each(cells)('%s: %s by %s, %s', (request = '', ...expected) => {
    expect(cellOf(decide(row, requests[request] ?? new Map()))).toEqual(expected);
  });
});
