import { type CborMap, type CborValue, encodeCbor, isCborMap, parseCbor } from '../cbor/index.ts';
import { FormatError, NsmError } from '../errors.ts';
import { isNsmErrorName, type NsmErrorName } from './error-name.ts';
import { MAX_RANDOM_BYTES, MAX_RESPONSE_BYTES, PCR_BYTES } from './nsm.ts';

export interface NsmDescription {
  readonly versionMajor: number;
  readonly versionMinor: number;
  readonly versionPatch: number;
  readonly moduleId: string;
  readonly maxPcrs: number;
  /** Ascending. */
  readonly lockedPcrs: readonly number[];
  readonly digest: 'SHA384';
}

/** A response, as the enum `Response` of AWS's aws-nitro-enclaves-nsm-api has it. */
export type NsmResponse =
  | ({ readonly command: 'DescribeNSM' } & NsmDescription)
  | { readonly command: 'DescribePCR'; readonly lock: boolean; readonly data: Uint8Array }
  | { readonly command: 'ExtendPCR'; readonly data: Uint8Array }
  | { readonly command: 'LockPCR' | 'LockPCRs' }
  | { readonly command: 'Attestation'; readonly document: Uint8Array }
  | { readonly command: 'GetRandom'; readonly random: Uint8Array }
  | { readonly command: 'Error'; readonly error: NsmErrorName };

const MAX_U16 = 0xffff;

/** Writes a response as a device does. */
export function encodeResponse(response: NsmResponse): Uint8Array {
  return encodeCbor(responseValue(response));
}

/**
 * Reads a response. The outer map may be of indefinite length, and fields may come in any order and
 * beside others that are not known yet.
 *
 * @throws {NsmError} NSM_INVALID_RESPONSE, for an empty GetRandom too: no random is no answer.
 */
export function parseResponse(message: Uint8Array): NsmResponse {
  const value = parseMessage(message);
  if (value === 'LockPCR' || value === 'LockPCRs') return { command: value };
  if (!isCborMap(value) || value.size !== 1) throw invalid('a response');
  const error = value.get('Error');
  if (typeof error === 'string' && isNsmErrorName(error)) return { command: 'Error', error };
  const [entry] = value;
  if (entry === undefined || !isCborMap(entry[1]))
    throw invalid('a map of fields, or the name of an error');
  return parseFields(entry[0], entry[1]);
}

function responseValue(response: NsmResponse): CborValue {
  const { command } = response;
  switch (command) {
    case 'DescribeNSM':
      return variant(command, [
        ['version_major', response.versionMajor],
        ['version_minor', response.versionMinor],
        ['version_patch', response.versionPatch],
        ['module_id', response.moduleId],
        ['max_pcrs', response.maxPcrs],
        ['locked_pcrs', response.lockedPcrs],
        ['digest', response.digest],
      ]);
    case 'DescribePCR':
      return variant(command, [
        ['lock', response.lock],
        ['data', response.data],
      ]);
    case 'ExtendPCR':
      return variant(command, [['data', response.data]]);
    case 'LockPCR':
    case 'LockPCRs':
      return command;
    case 'Attestation':
      return variant(command, [['document', response.document]]);
    case 'GetRandom':
      return variant(command, [['random', response.random]]);
    case 'Error':
      return new Map([[command, response.error]]);
  }
}

function variant(command: string, fields: readonly (readonly [string, CborValue])[]): CborMap {
  return new Map([[command, new Map(fields)]]);
}

function parseMessage(message: Uint8Array): CborValue {
  try {
    // The map of the command, the map of its fields, and the array of locked registers in it.
    return parseCbor(message, {
      maxBytes: MAX_RESPONSE_BYTES,
      maxDepth: 3,
      outermostMap: 'either',
    });
  } catch (error) {
    if (error instanceof FormatError) throw invalid('strict CBOR', error);
    throw error;
  }
}

function parseFields(command: string | number, fields: CborMap): NsmResponse {
  switch (command) {
    case 'DescribeNSM':
      return { command, ...parseDescription(fields) };
    case 'DescribePCR': {
      const lock = fields.get('lock');
      if (typeof lock !== 'boolean') throw invalid('lock as a boolean');
      return { command, lock, data: bytes(fields, 'data', PCR_BYTES, PCR_BYTES) };
    }
    case 'ExtendPCR':
      return { command, data: bytes(fields, 'data', PCR_BYTES, PCR_BYTES) };
    case 'Attestation':
      return { command, document: bytes(fields, 'document', 1, MAX_RESPONSE_BYTES) };
    case 'GetRandom':
      return { command, random: bytes(fields, 'random', 1, MAX_RANDOM_BYTES) };
    default:
      throw invalid('a known response');
  }
}

function parseDescription(fields: CborMap): NsmDescription {
  const moduleId = fields.get('module_id');
  if (typeof moduleId !== 'string' || moduleId === '') throw invalid('module_id as a text');
  const digest = fields.get('digest');
  if (digest !== 'SHA384') throw invalid('digest SHA384');
  return {
    versionMajor: u16(fields.get('version_major'), 'version_major'),
    versionMinor: u16(fields.get('version_minor'), 'version_minor'),
    versionPatch: u16(fields.get('version_patch'), 'version_patch'),
    moduleId,
    maxPcrs: u16(fields.get('max_pcrs'), 'max_pcrs'),
    lockedPcrs: parseLockedPcrs(fields.get('locked_pcrs')),
    digest,
  };
}

function parseLockedPcrs(value: CborValue | undefined): readonly number[] {
  if (!Array.isArray(value)) throw invalid('locked_pcrs as an array');
  const indices = value.map((index: CborValue) => u16(index, 'locked_pcrs'));
  if (indices.some((index, i) => i > 0 && index <= (indices[i - 1] ?? 0))) {
    throw invalid('locked_pcrs ascending');
  }
  return indices;
}

function u16(value: CborValue | undefined, name: string): number {
  if (typeof value !== 'number' || value < 0 || value > MAX_U16) {
    throw invalid(`${name} of 16 bits`);
  }
  return value;
}

function bytes(fields: CborMap, name: string, min: number, max: number): Uint8Array {
  const value = fields.get(name);
  if (!(value instanceof Uint8Array) || value.length < min || value.length > max) {
    throw invalid(`${name} of ${min} to ${max} bytes`);
  }
  return value;
}

function invalid(expected: string, cause?: FormatError): NsmError {
  return new NsmError('NSM_INVALID_RESPONSE', `response: expected ${expected}`, { cause });
}
