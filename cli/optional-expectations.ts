import { parseDer } from '../shared/asn1/index.ts';
import type { AttestationPolicy } from '../shared/attestation/node.ts';
import { parseHex } from '../shared/encoding.ts';
import { FormatError } from '../shared/errors.ts';
import { parsePem } from '../shared/pem.ts';
import { UsageError } from './command.ts';
import { readExpectation, understand } from './expectation.ts';

const MAX_CERTIFICATE_BYTES = 8192;
const DER_SEQUENCE = 0x30;
const DASH = 0x2d;
const MODULE_ID = /^\S+$/;
const INSTANCE_ID = /^i-[0-9a-f]{8,17}$/;
/** Neither an instance profile nor the session of an assumed role is what PCR3 measures. */
const ROLE_ARN = /^arn:[a-z0-9-]+:iam::[0-9]{12}:role\/\S+$/;

/** The flags of what is compared only where it is given, for node:util's parseArgs. */
export const optionalExpectationOptions = {
  'public-key': { type: 'string' },
  'user-data': { type: 'string' },
  'module-id': { type: 'string' },
  'instance-id': { type: 'string' },
  'role-arn': { type: 'string' },
  'signing-certificate': { type: 'string' },
} as const;

export type OptionalExpectationFlags = {
  readonly [Flag in keyof typeof optionalExpectationOptions]?: string;
};

const OPTIONAL_FLAGS = Object.keys(
  optionalExpectationOptions,
) as readonly (keyof OptionalExpectationFlags)[];

type OptionalExpectations = Pick<
  AttestationPolicy,
  'publicKey' | 'userData' | 'moduleId' | 'instanceId' | 'roleArn' | 'signingCertificate'
>;

type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

/** @throws {UsageError} if a flag is given without a value of its form. */
export async function readOptionalExpectations(
  flags: OptionalExpectationFlags,
): Promise<OptionalExpectations> {
  const expectations: Writable<OptionalExpectations> = {};
  for (const flag of OPTIONAL_FLAGS) {
    const value = flags[flag];
    if (value === undefined) continue;
    switch (flag) {
      case 'public-key':
        expectations.publicKey = await readExpectation(value, parsePublicKey);
        break;
      case 'user-data':
        expectations.userData = parseUserData(value);
        break;
      case 'module-id':
        expectations.moduleId = parseName('--module-id ID', value, MODULE_ID);
        break;
      case 'instance-id':
        expectations.instanceId = parseName('--instance-id i-...', value, INSTANCE_ID);
        break;
      case 'role-arn':
        expectations.roleArn = parseName('--role-arn arn:...:role/...', value, ROLE_ARN);
        break;
      case 'signing-certificate':
        expectations.signingCertificate = await readExpectation(value, parseSigningCertificate);
    }
  }
  return expectations;
}

/** The field may hold any bytes; a text that looks like PEM is meant as the key in it. */
function parsePublicKey(bytes: Uint8Array): Uint8Array {
  const key = bytes[0] === DASH ? parsePem(bytes, 'PUBLIC KEY') : bytes;
  if (key === undefined || key.length === 0) {
    throw new UsageError('--public-key needs one PEM block of a PUBLIC KEY, or the bytes');
  }
  return key;
}

function parseUserData(hex: string): Uint8Array {
  if (hex === '') throw new UsageError('--user-data needs at least one byte');
  return understand(hex, '--user-data', parseHex);
}

function parseName(flag: string, name: string, form: RegExp): string {
  if (!form.test(name)) throw new UsageError(`expected ${flag}, got ${JSON.stringify(name)}`);
  return name;
}

/** Not parsed as a certificate: it is hashed, and nitro-cli also signs with those of version 1. */
function parseSigningCertificate(bytes: Uint8Array): Uint8Array {
  const der = bytes[0] === DER_SEQUENCE ? bytes : parsePem(bytes, 'CERTIFICATE');
  if (der === undefined) {
    throw new FormatError('CERT_SYNTAX', 'expected one certificate, PEM or DER');
  }
  parseDer(der, { maxBytes: MAX_CERTIFICATE_BYTES });
  return der;
}
