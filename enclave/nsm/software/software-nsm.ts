import { NsmError } from '../../../shared/errors.ts';
import {
  encodeResponse,
  errorNameOfCode,
  MAX_ATTESTATION_FIELD_BYTES,
  MAX_RANDOM_BYTES,
  type Nsm,
  type NsmRequest,
  type NsmResponse,
  PCR_COUNT,
  parseRequest,
} from '../../../shared/nsm/index.ts';
import { moduleIdOf } from '../../../shared/pki/index.ts';
import { createDocumentChain } from './certificates.ts';
import { encodePayload, signDocument } from './document.ts';
import { parseIdentity, parseInitialPcrs, type SoftwareNsmOptions } from './options.ts';
import { PcrBank } from './pcr-bank.ts';

type Answer = (request: NsmRequest) => NsmResponse | Promise<NsmResponse>;

/**
 * Creates a secure module in software, for development: it speaks the real messages with the rules
 * and errors of the device, and its documents differ from AWS's in their root only.
 *
 * @throws {ConfigError} SOFTWARE_NSM_OPTION
 */
export function createSoftwareNsm(options: SoftwareNsmOptions): Nsm {
  const answer = createDevice(options);
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;
  return {
    async request(message) {
      if (closed) throw new NsmError('NSM_CLOSED', 'the secure module was closed');
      // The caller may use its array again while the request waits for its turn.
      const copy = Uint8Array.from(message);
      const response = turn.then(() => respond(answer, copy));
      turn = response;
      return response;
    },
    close() {
      closed = true;
    },
  };
}

/** Never rejects: a device answers its own failures too. */
async function respond(answer: Answer, message: Uint8Array): Promise<Uint8Array> {
  try {
    return encodeResponse(await answer(parseRequest(message)));
  } catch (error) {
    const code = error instanceof NsmError ? error.code : 'NSM_INTERNAL_ERROR';
    return encodeResponse({ command: 'Error', error: errorNameOfCode(code) });
  }
}

function createDevice(options: SoftwareNsmOptions): Answer {
  const { root, now, randomBytes } = options;
  const identity = parseIdentity(options);
  const moduleId = moduleIdOf(identity);
  const bank = new PcrBank(parseInitialPcrs(options));
  const chainAt = createDocumentChain({ root, identity });

  return async (request) => {
    const { command } = request;
    switch (command) {
      case 'DescribeNSM':
        return {
          command,
          versionMajor: 1,
          versionMinor: 0,
          versionPatch: 0,
          moduleId,
          maxPcrs: PCR_COUNT,
          lockedPcrs: [...bank.locked().keys()],
          digest: 'SHA384',
        };
      case 'DescribePCR':
        return { command, ...bank.describe(request.index) };
      case 'ExtendPCR':
        return { command, data: bank.extend(request.index, request.data) };
      case 'LockPCR':
        bank.lock(request.index);
        return { command };
      case 'LockPCRs':
        bank.lockRange(request.range);
        return { command };
      case 'GetRandom':
        return { command, random: randomBytes(MAX_RANDOM_BYTES) };
      case 'Attestation': {
        const { userData, nonce, publicKey } = request;
        for (const field of [userData, nonce, publicKey]) checkField(field);
        const timestamp = now();
        const { leaf, cabundle } = await chainAt(timestamp);
        const payload = encodePayload({
          moduleId,
          timestamp,
          pcrs: bank.locked(),
          certificate: leaf.certificate,
          cabundle,
          userData,
          nonce,
          publicKey,
        });
        return { command, document: signDocument({ payload, privateKey: leaf.privateKey }) };
      }
    }
  };
}

function checkField(field: Uint8Array | null): void {
  if (field !== null && field.length > MAX_ATTESTATION_FIELD_BYTES) {
    throw new NsmError(
      'NSM_INPUT_TOO_LARGE',
      `expected attestation fields of at most ${MAX_ATTESTATION_FIELD_BYTES} bytes`,
    );
  }
}
