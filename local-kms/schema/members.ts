import {
  MAX_ATTESTATION_DOCUMENT_BYTES,
  RECIPIENT_KEY_ENCRYPTION_ALGORITHM,
} from '../../shared/kms/index.ts';
import { ENCRYPTION_ALGORITHMS } from '../cryptography/encryption/encryption-algorithms.ts';
import { MAC_ALGORITHMS } from '../cryptography/mac.ts';
import {
  MESSAGE_TYPES,
  SIGNING_ALGORITHM_NAMES,
} from '../cryptography/signing/signing-algorithms.ts';
import { optional, required } from './shape.ts';

/** Members that several operations share, with the limits of the service model. */

export const KEY_ID = { type: 'string', min: 1, max: 2048 } as const;

export const ENCRYPTION_ALGORITHM = {
  type: 'string',
  values: ENCRYPTION_ALGORITHMS,
} as const;

/** What is to be signed, or authenticated. */
export const MESSAGE = { type: 'blob', min: 1, max: 4096 } as const;

/** What Sign and Verify take beside the key. */
export const SIGNABLE = {
  Message: required(MESSAGE),
  MessageType: optional({ type: 'string', values: MESSAGE_TYPES }),
  SigningAlgorithm: required({ type: 'string', values: SIGNING_ALGORITHM_NAMES }),
} as const;

export const MAC_ALGORITHM = { type: 'string', values: MAC_ALGORITHMS } as const;

export const BOOLEAN = { type: 'boolean' } as const;

export const STRING_MAP = { type: 'string-map' } as const;

export const DATA_KEY_BYTES = { type: 'integer', min: 1, max: 1024 } as const;

export const MARKER = {
  type: 'string',
  min: 1,
  max: 1024,
  pattern: '[\\u0020-\\u00FF]*',
} as const;

export const POLICY_NAME = { type: 'string', min: 1, max: 128, pattern: '[\\w]+' } as const;

export const POLICY = {
  type: 'string',
  min: 1,
  max: 131_072,
  pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
} as const;

export const DESCRIPTION = { type: 'string', max: 8192 } as const;

export const ALIAS_NAME = {
  type: 'string',
  min: 1,
  max: 256,
  pattern: '^[a-zA-Z0-9:/_-]+$',
} as const;

export const REGION = {
  type: 'string',
  min: 1,
  max: 32,
  pattern: '^([a-z]+-){2,3}\\d+$',
} as const;

export const TAG_KEY = { type: 'string', min: 1, max: 128 } as const;

export const TAGS = {
  type: 'list',
  of: {
    type: 'structure',
    members: { TagKey: required(TAG_KEY), TagValue: required({ type: 'string', max: 256 }) },
  },
} as const;

export const KEY_MATERIAL_ID = {
  type: 'string',
  min: 64,
  max: 64,
  pattern: '^[a-f0-9]+$',
} as const;

/** An ARN or the name of an AWS service, by its characters only. */
export const PRINCIPAL = {
  type: 'string',
  min: 1,
  max: 256,
  pattern: '^[\\w+=,.@:/-]+$',
} as const;

export const GRANT_ID = { type: 'string', min: 1, max: 128 } as const;

export const GRANT_LIMIT = { type: 'integer', min: 1, max: 100 } as const;

export const GRANT_TOKEN = { type: 'string', min: 1, max: 8192 } as const;

/** What every operation that uses a key takes beside its own members. */
export const GRANTABLE = {
  GrantTokens: optional({
    type: 'list',
    of: GRANT_TOKEN,
    max: 10,
  }),
  DryRun: optional(BOOLEAN),
} as const;

/**
 * What KMS makes of a `Recipient` that is null is not recorded. AWS's protocols take a null member
 * for an absent one, but a caller who names its recipient, and has none to give, does not mean the
 * answer to be in the clear. The SDKs never send null.
 */
export const RECIPIENT = {
  Recipient: {
    ...optional({
      type: 'structure',
      members: {
        KeyEncryptionAlgorithm: required({
          type: 'string',
          values: [RECIPIENT_KEY_ENCRYPTION_ALGORITHM],
        }),
        AttestationDocument: required({
          type: 'blob',
          min: 1,
          max: MAX_ATTESTATION_DOCUMENT_BYTES,
        }),
      },
    }),
    notNull: true,
  },
} as const;
