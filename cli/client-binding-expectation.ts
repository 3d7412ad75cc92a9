import {
  type AttestationPolicy,
  type BindingPurpose,
  CONFIG_HASH_BYTES,
  MAX_CLIENT_DATA_BYTES,
} from '../shared/attestation/node.ts';
import { parseHex } from '../shared/encoding.ts';
import { decodeText } from '../shared/encoding-detection.ts';
import { readBytesArgument } from './bytes-argument.ts';
import { UsageError } from './command.ts';
import { readExpectation, understand } from './expectation.ts';

/** The flags of what a document for a client is bound to, for node:util's parseArgs. */
export const clientBindingOptions = {
  binding: { type: 'string' },
  'config-hash': { type: 'string' },
  'waive-config-hash': { type: 'string' },
  'client-data': { type: 'string' },
  purpose: { type: 'string' },
} as const;

export type ClientBindingFlags = {
  readonly [Flag in keyof typeof clientBindingOptions]?: string;
};

/**
 * The structure is a claim of whoever handed it over, so it is never taken without what to expect
 * of it.
 *
 * @throws {UsageError} if only some of the flags are given.
 */
export async function readClientBinding(
  flags: ClientBindingFlags,
): Promise<Pick<AttestationPolicy, 'clientBinding'>> {
  const { binding, 'client-data': data } = flags;
  const given = Object.keys(clientBindingOptions).filter(
    (flag) => flags[flag as keyof ClientBindingFlags] !== undefined,
  );
  if (given.length === 0) return {};
  if (binding === undefined || data === undefined) {
    throw new UsageError(
      '--binding FILE, --client-data HEX, and --config-hash HEX or its waiver go together',
    );
  }
  return {
    clientBinding: {
      purpose: readPurpose(flags.purpose),
      binding: await readExpectation(binding, (bytes) => decodeText(bytes).bytes),
      configHash: readConfigHash(flags),
      data: await readClientData(data),
    },
  };
}

/** What a client is served over the parent, unless it says that a program in the enclave asked. */
function readPurpose(purpose = 'client'): BindingPurpose {
  if (purpose === 'client' || purpose === 'enclave') return purpose;
  throw new UsageError(`--purpose is client or enclave, got ${JSON.stringify(purpose)}`);
}

function readConfigHash({
  'config-hash': hash,
  'waive-config-hash': reason,
}: ClientBindingFlags): NonNullable<AttestationPolicy['clientBinding']>['configHash'] {
  if ((hash === undefined) === (reason === undefined)) {
    throw new UsageError(
      'one of --config-hash HEX and --waive-config-hash REASON is needed with --binding',
    );
  }
  if (hash === undefined) {
    if (reason?.trim() === '') throw new UsageError('--waive-config-hash needs a reason');
    return { waived: reason as string };
  }
  const bytes = understand(hash, '--config-hash', parseHex);
  if (bytes.length !== CONFIG_HASH_BYTES) {
    throw new UsageError(`--config-hash needs ${CONFIG_HASH_BYTES} bytes, got ${bytes.length}`);
  }
  return bytes;
}

/** That no data was sent is said with an empty value. */
function readClientData(text: string): Promise<Uint8Array> | Uint8Array {
  if (text === '') return new Uint8Array(0);
  return readBytesArgument('--client-data', text, MAX_CLIENT_DATA_BYTES);
}
