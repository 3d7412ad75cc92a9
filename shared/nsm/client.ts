import { NsmError } from '../errors.ts';
import { codeOfErrorName } from './error-name.ts';
import { MAX_ATTESTATION_FIELD_BYTES, type Nsm } from './nsm.ts';
import { encodeRequest, type NsmRequest } from './request.ts';
import { type NsmDescription, type NsmResponse, parseResponse } from './response.ts';

/** More at once is a mistake: keys and nonces are of tens of bytes. */
const MAX_RANDOM_REQUEST = 65_536;

export interface AttestOptions {
  readonly publicKey?: Uint8Array;
  readonly userData?: Uint8Array;
  readonly nonce?: Uint8Array;
}

/**
 * Typed calls of a secure module.
 *
 * Every call throws NsmError: what the module answered, NSM_INVALID_RESPONSE for an answer that is
 * none, or what {@link Nsm.request} throws.
 */
export interface NsmClient {
  describe(): Promise<NsmDescription>;

  describePcr(index: number): Promise<{ readonly lock: boolean; readonly data: Uint8Array }>;

  /** Resolves to the new value. Unlocked, the register does not appear in documents. */
  extendPcr(index: number, data: Uint8Array): Promise<Uint8Array>;

  lockPcr(index: number): Promise<void>;

  /** Locks the registers 0 to `range - 1`. */
  lockPcrs(range: number): Promise<void>;

  /**
   * Resolves to a fresh attestation document.
   *
   * A building block for the inside of the enclave, never an interface for others: whoever chooses
   * `publicKey` can open what KMS seals for this enclave. Only the recipient key ring passes one,
   * and its documents go to KMS alone; documents for clients are made without.
   *
   * @throws {NsmError} NSM_INPUT_TOO_LARGE, before the module is asked, for a field over 1024 bytes
   */
  attest(options: AttestOptions): Promise<Uint8Array>;

  /**
   * Resolves to as many random bytes as asked for, 1 to 65536.
   *
   * @throws {NsmError} NSM_INVALID_ARGUMENT for any other length
   */
  getRandom(length: number): Promise<Uint8Array>;
}

/** Creates the client; the module stays the caller's to close. */
export function createNsmClient(nsm: Nsm): NsmClient {
  const random = async (): Promise<Uint8Array> =>
    (await call(nsm, { command: 'GetRandom' })).random;
  return {
    async describe() {
      const { command: _, ...description } = await call(nsm, { command: 'DescribeNSM' });
      return description;
    },
    async describePcr(index) {
      const { lock, data } = await call(nsm, { command: 'DescribePCR', index });
      return { lock, data };
    },
    async extendPcr(index, data) {
      return (await call(nsm, { command: 'ExtendPCR', index, data })).data;
    },
    async lockPcr(index) {
      await call(nsm, { command: 'LockPCR', index });
    },
    async lockPcrs(range) {
      await call(nsm, { command: 'LockPCRs', range });
    },
    async attest(options) {
      const response = await call(nsm, {
        command: 'Attestation',
        userData: checkedField('userData', options.userData),
        nonce: checkedField('nonce', options.nonce),
        publicKey: checkedField('publicKey', options.publicKey),
      });
      return response.document;
    },
    async getRandom(length) {
      if (!Number.isInteger(length) || length < 1 || length > MAX_RANDOM_REQUEST) {
        throw new NsmError(
          'NSM_INVALID_ARGUMENT',
          `expected 1 to ${MAX_RANDOM_REQUEST} random bytes to be asked for, got ${length}`,
        );
      }
      const bytes = new Uint8Array(length);
      // Ends, since parseResponse refuses an empty answer.
      for (let at = 0; at < length; ) {
        const part = (await random()).subarray(0, length - at);
        bytes.set(part, at);
        at += part.length;
      }
      return bytes;
    },
  };
}

type ResponseTo<C extends NsmResponse['command']> = NsmResponse & { readonly command: C };

async function call<R extends NsmRequest>(nsm: Nsm, request: R): Promise<ResponseTo<R['command']>> {
  const response = parseResponse(await nsm.request(encodeRequest(request)));
  if (response.command === 'Error') {
    throw new NsmError(
      codeOfErrorName(response.error),
      `the secure module answered ${request.command} with ${response.error}`,
      { details: { command: request.command } },
    );
  }
  if (!answers(response, request)) {
    throw new NsmError(
      'NSM_INVALID_RESPONSE',
      `expected the answer to ${request.command}, got one to ${response.command}`,
    );
  }
  return response;
}

function answers<R extends NsmRequest>(
  response: NsmResponse,
  request: R,
): response is ResponseTo<R['command']> {
  return response.command === request.command;
}

function checkedField(name: string, value: Uint8Array | undefined): Uint8Array | null {
  if (value !== undefined && value.length > MAX_ATTESTATION_FIELD_BYTES) {
    throw new NsmError(
      'NSM_INPUT_TOO_LARGE',
      `expected ${name} of at most ${MAX_ATTESTATION_FIELD_BYTES} bytes, got ${value.length}`,
    );
  }
  return value ?? null;
}
