import { type CborMap, type CborValue, encodeCbor, isCborMap, parseCbor } from '../cbor/index.ts';
import { FormatError, NsmError } from '../errors.ts';
import { MAX_REQUEST_BYTES } from './nsm.ts';

/** A request, as the enum `Request` of AWS's aws-nitro-enclaves-nsm-api has it. */
export type NsmRequest =
  | { readonly command: 'DescribeNSM' | 'GetRandom' }
  | { readonly command: 'DescribePCR' | 'LockPCR'; readonly index: number }
  | { readonly command: 'ExtendPCR'; readonly index: number; readonly data: Uint8Array }
  | { readonly command: 'LockPCRs'; readonly range: number }
  | ({ readonly command: 'Attestation' } & AttestationFields);

/** What the caller of Attestation wants in the document; null is absent. */
export interface AttestationFields {
  readonly userData: Uint8Array | null;
  readonly nonce: Uint8Array | null;
  readonly publicKey: Uint8Array | null;
}

const MAX_U16 = 0xffff;

/**
 * Writes a request as AWS's library does, field by field in its order.
 *
 * @throws {NsmError} NSM_INVALID_ARGUMENT for an index or a range that is no u16,
 *   NSM_INPUT_TOO_LARGE for a request that the driver would refuse.
 */
export function encodeRequest(request: NsmRequest): Uint8Array {
  const message = encodeCbor(requestValue(request));
  if (message.length > MAX_REQUEST_BYTES) throw tooLarge(message.length);
  return message;
}

/**
 * Reads a request as a device does. Any absent or null attestation field is null; a field that the
 * command does not have is refused.
 *
 * @throws {NsmError} NSM_INPUT_TOO_LARGE, or NSM_INVALID_OPERATION for everything malformed
 */
export function parseRequest(message: Uint8Array): NsmRequest {
  if (message.length > MAX_REQUEST_BYTES) throw tooLarge(message.length);
  const value = parseMessage(message);
  if (value === 'DescribeNSM' || value === 'GetRandom') return { command: value };
  if (!isCborMap(value) || value.size !== 1) throw invalid('a command');
  const [entry] = value;
  if (entry === undefined || !isCborMap(entry[1])) throw invalid('a map of fields');
  return parseFields(entry[0], entry[1]);
}

function requestValue(request: NsmRequest): Parameters<typeof encodeCbor>[0] {
  const { command } = request;
  switch (command) {
    case 'DescribeNSM':
    case 'GetRandom':
      return command;
    case 'DescribePCR':
    case 'LockPCR':
      return variant(command, [['index', checkedU16(request.index)]]);
    case 'ExtendPCR':
      return variant(command, [
        ['index', checkedU16(request.index)],
        ['data', request.data],
      ]);
    case 'LockPCRs':
      return variant(command, [['range', checkedU16(request.range)]]);
    case 'Attestation':
      return variant(command, [
        ['user_data', request.userData],
        ['nonce', request.nonce],
        ['public_key', request.publicKey],
      ]);
  }
}

function variant(command: string, fields: readonly (readonly [string, CborValue])[]): CborMap {
  return new Map([[command, new Map(fields)]]);
}

function checkedU16(value: number): number {
  if (!isU16(value)) {
    throw new NsmError('NSM_INVALID_ARGUMENT', `expected an integer of 16 bits, got ${value}`);
  }
  return value;
}

function parseMessage(message: Uint8Array): CborValue {
  try {
    // The map of the command, and the map of its fields.
    return parseCbor(message, {
      maxBytes: MAX_REQUEST_BYTES,
      maxDepth: 2,
      outermostMap: 'definite',
    });
  } catch (error) {
    if (error instanceof FormatError) throw invalid('strict CBOR', error);
    throw error;
  }
}

function parseFields(command: string | number, fields: CborMap): NsmRequest {
  switch (command) {
    case 'DescribePCR':
    case 'LockPCR':
      allowOnly(fields, ['index']);
      return { command, index: u16(fields, 'index') };
    case 'ExtendPCR':
      allowOnly(fields, ['index', 'data']);
      return { command, index: u16(fields, 'index'), data: bytes(fields, 'data') };
    case 'LockPCRs':
      allowOnly(fields, ['range']);
      return { command, range: u16(fields, 'range') };
    case 'Attestation':
      allowOnly(fields, ['user_data', 'nonce', 'public_key']);
      return {
        command,
        userData: optionalBytes(fields, 'user_data'),
        nonce: optionalBytes(fields, 'nonce'),
        publicKey: optionalBytes(fields, 'public_key'),
      };
    default:
      throw invalid('a known command');
  }
}

function allowOnly(fields: CborMap, names: readonly string[]): void {
  for (const name of fields.keys()) {
    if (typeof name !== 'string' || !names.includes(name)) throw invalid(names.join(', '));
  }
}

function u16(fields: CborMap, name: string): number {
  const value = fields.get(name);
  if (typeof value !== 'number' || !isU16(value)) throw invalid(`${name} of 16 bits`);
  return value;
}

function bytes(fields: CborMap, name: string): Uint8Array {
  const value = fields.get(name);
  if (!(value instanceof Uint8Array)) throw invalid(`${name} as a byte string`);
  return value;
}

function optionalBytes(fields: CborMap, name: string): Uint8Array | null {
  return (fields.get(name) ?? null) === null ? null : bytes(fields, name);
}

function isU16(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_U16;
}

function invalid(expected: string, cause?: FormatError): NsmError {
  return new NsmError('NSM_INVALID_OPERATION', `request: expected ${expected}`, { cause });
}

function tooLarge(length: number): NsmError {
  return new NsmError(
    'NSM_INPUT_TOO_LARGE',
    `expected a request of at most ${MAX_REQUEST_BYTES} bytes, got ${length}`,
  );
}
