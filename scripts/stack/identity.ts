import { randomBytes } from 'node:crypto';
import { extendedOnce, pcrOfRole } from '../../shared/attestation/pcr.ts';
import { createNodeEngine } from '../../shared/crypto/node.ts';
import { encodeHex } from '../../shared/encoding.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/enclave-parent`;
export const INSTANCE_ID = 'i-0a1b2c3d4e5f60718';

/** Registers by index, as lower-case hex. */
export type MeasuredRegisters = Readonly<Record<number, string>>;

/**
 * What the hypervisor would measure of an image: here of the code that the enclave process runs.
 * PCR3 is that of the parent's role.
 */
export function measureApplication(code: Uint8Array): MeasuredRegisters {
  const engine = createNodeEngine();
  const digest = engine.sha384(code);
  return {
    0: encodeHex(extendedOnce(engine, digest)),
    1: encodeHex(extendedOnce(engine, engine.sha384(new TextEncoder().encode('kernel')))),
    2: encodeHex(extendedOnce(engine, engine.sha384(digest))),
    3: encodeHex(pcrOfRole(engine, ROLE_ARN)),
  };
}

/** The credentials of the parent's role, as the instance metadata service would give them. */
export interface ParentCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  /** ISO 8601. */
  readonly Expiration: string;
}

export function createParentCredentials(now: number): ParentCredentials {
  return {
    AccessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    SecretAccessKey: randomBytes(30).toString('base64'),
    Token: randomBytes(96).toString('base64'),
    Expiration: new Date(now + 6 * 3_600_000).toISOString(),
  };
}

/** GenerateRandom uses no key, so no key policy can allow it: the self-test needs this. */
const RANDOM_ALLOWED = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:GenerateRandom', Resource: '*' }],
};

/** Who may call the local KMS: the account's administrator, and the role of the parent. */
export function createSeed(credentials: ParentCredentials): object {
  return {
    principals: [
      {
        accessKeyId: ADMINISTRATOR.accessKeyId,
        secretAccessKey: ADMINISTRATOR.secretAccessKey,
        arn: `arn:aws:iam::${ACCOUNT}:root`,
      },
      {
        accessKeyId: credentials.AccessKeyId,
        secretAccessKey: credentials.SecretAccessKey,
        sessionToken: credentials.Token,
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/enclave-parent/${INSTANCE_ID}`,
        policies: [RANDOM_ALLOWED],
      },
    ],
  };
}

export const ADMINISTRATOR = { accessKeyId: 'local', secretAccessKey: 'local' } as const;
