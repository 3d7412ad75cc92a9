import {
  type CborKey,
  type CborMap,
  type CborValue,
  isCborMap,
  parseCborInPlace,
} from '../cbor/index.ts';
import { type Finding, malformed, type Rule } from './check.ts';
import type { AttestationDocument, DocumentKind } from './document.ts';
import { isoTime } from './iso-time.ts';

const MAX_PAYLOAD_BYTES = 16_384;
const PCR_BYTES = 48;
const MAX_PCR_INDEX = 31;
const MAX_CERTIFICATE_BYTES = 1024;
/** AWS's text says 512 for user_data and nonce; its CDDL and genuine documents go up to 1024. */
const MAX_OPTIONAL_BYTES = 1024;

const PCR_FIELD: Readonly<Record<DocumentKind, string>> = {
  enclave: 'pcrs',
  nitrotpm: 'nitrotpm_pcrs',
};
const REQUIRED_FIELDS = ['module_id', 'digest', 'timestamp', 'certificate', 'cabundle'] as const;
const OPTIONAL_FIELDS = ['public_key', 'user_data', 'nonce'] as const;
const KNOWN_FIELDS: ReadonlySet<CborKey> = new Set<CborKey>([
  ...REQUIRED_FIELDS,
  ...OPTIONAL_FIELDS,
  ...Object.values(PCR_FIELD),
]);
type OptionalField = (typeof OPTIONAL_FIELDS)[number];

/** @throws {FormatError} CBOR_* or DOCUMENT_STRUCTURE */
export function parsePayloadMap(payload: Uint8Array): { map: CborMap; finding: Finding } {
  const value = parseCborInPlace(payload, {
    maxBytes: MAX_PAYLOAD_BYTES,
    // The map, and the maps and arrays that are its values.
    maxDepth: 2,
    outermostMap: 'either',
  });
  const finding = {
    expected: 'a map in strict CBOR',
    actual: isCborMap(value) ? `a map of ${value.size}` : 'no map',
    message: 'The payload is a map.',
  };
  if (!isCborMap(value)) {
    throw malformed('DOCUMENT_STRUCTURE', { ...finding, message: 'The payload is not a map.' });
  }
  return { map: value, finding };
}

export const payloadRules: readonly Rule<CborMap>[] = [
  { id: 'payload.kind', check: checkKind },
  { id: 'payload.fields', check: checkFields },
  { id: 'payload.module_id', check: checkModuleId },
  { id: 'payload.digest', check: checkDigest },
  { id: 'payload.timestamp', check: checkTimestamp },
  { id: 'payload.pcrs', check: checkPcrs },
  { id: 'payload.certificate', check: checkCertificate },
  { id: 'payload.cabundle', check: checkCabundle },
  { id: 'payload.public_key', check: (map) => checkOptional(map, 'public_key') },
  { id: 'payload.user_data', check: (map) => checkOptional(map, 'user_data') },
  { id: 'payload.nonce', check: (map) => checkOptional(map, 'nonce') },
];

/** Only for a map that passed {@link payloadRules}. */
export function documentOf(map: CborMap): AttestationDocument {
  const kind: DocumentKind = map.has('pcrs') ? 'enclave' : 'nitrotpm';
  return {
    kind,
    moduleId: map.get('module_id') as string,
    digest: 'SHA384',
    timestamp: map.get('timestamp') as number,
    pcrs: map.get(PCR_FIELD[kind]) as ReadonlyMap<number, Uint8Array>,
    certificate: map.get('certificate') as Uint8Array,
    cabundle: map.get('cabundle') as readonly Uint8Array[],
    publicKey: optionalBytes(map, 'public_key'),
    userData: optionalBytes(map, 'user_data'),
    nonce: optionalBytes(map, 'nonce'),
  };
}

function optionalBytes(map: CborMap, field: OptionalField): Uint8Array | undefined {
  const value = map.get(field);
  return value instanceof Uint8Array ? value : undefined;
}

function checkKind(map: CborMap): Finding {
  const enclave = map.has('pcrs');
  const nitrotpm = map.has('nitrotpm_pcrs');
  const finding = {
    expected: 'either pcrs or nitrotpm_pcrs',
    actual: enclave ? (nitrotpm ? 'both' : 'pcrs') : nitrotpm ? 'nitrotpm_pcrs' : 'neither',
    message: `The document is of a ${enclave ? 'Nitro Enclave' : 'NitroTPM instance'}.`,
  };
  if (enclave === nitrotpm) {
    throw malformed('DOCUMENT_KIND', {
      ...finding,
      message: 'The payload is neither of an enclave nor of a NitroTPM instance, or of both.',
    });
  }
  return finding;
}

function checkFields(map: CborMap): Finding {
  const expected = 'the nine fields of the specification, each once, and no other';
  const missing = REQUIRED_FIELDS.filter((field) => !map.has(field));
  if (missing.length > 0) {
    throw malformed('DOCUMENT_FIELD_MISSING', {
      expected,
      actual: `without ${missing.join(', ')}`,
      message: `The payload lacks ${missing.join(', ')}.`,
    });
  }
  const unknown = [...map.keys()].filter((key) => !KNOWN_FIELDS.has(key));
  if (unknown.length > 0) {
    const names = unknown
      .map((key) => JSON.stringify(key).slice(0, 40))
      .slice(0, 4)
      .join(', ');
    throw malformed('DOCUMENT_FIELD_UNKNOWN', {
      expected,
      actual: `with ${names}`,
      message: `The payload has fields that the specification does not know: ${names}.`,
    });
  }
  return { expected, actual: `${map.size} fields`, message: 'The fields are those specified.' };
}

function checkModuleId(map: CborMap): Finding {
  const value = map.get('module_id');
  const finding = {
    expected: 'a non-empty text',
    actual: typeof value === 'string' ? value.slice(0, 100) : kindOf(value),
    message: 'The module is named.',
  };
  if (typeof value !== 'string' || value.length === 0) {
    throw malformed('DOCUMENT_MODULE_ID', { ...finding, message: 'module_id is not a name.' });
  }
  return finding;
}

function checkDigest(map: CborMap): Finding {
  const value = map.get('digest');
  const finding = {
    expected: 'SHA384',
    actual: typeof value === 'string' ? value.slice(0, 40) : kindOf(value),
    message: 'The registers are SHA-384.',
  };
  if (value !== 'SHA384') {
    throw malformed('DOCUMENT_DIGEST', {
      ...finding,
      message: 'The digest of the registers is not SHA384, the only one the Nitro hardware uses.',
    });
  }
  return finding;
}

function checkTimestamp(map: CborMap): Finding {
  const value = map.get('timestamp');
  const finding = {
    expected: 'milliseconds since 1970, more than 0',
    actual: typeof value === 'number' ? String(value) : kindOf(value),
    message: 'The timestamp is a time.',
  };
  // The upper bound is ECMAScript's: beyond it a Date has no ISO form.
  if (typeof value !== 'number' || value <= 0 || value > 8.64e15) {
    throw malformed('DOCUMENT_TIMESTAMP', { ...finding, message: 'The timestamp is not a time.' });
  }
  return { ...finding, actual: isoTime(value) };
}

function checkPcrs(map: CborMap): Finding {
  const value = map.get('pcrs') ?? map.get('nitrotpm_pcrs');
  const expected = `1 to 32 registers of ${PCR_BYTES} bytes with an index of 0 to ${MAX_PCR_INDEX}`;
  const refuse = (actual: string) =>
    malformed('DOCUMENT_PCRS', {
      expected,
      actual,
      message: 'The registers do not have the form specified.',
    });
  if (!isCborMap(value)) throw refuse(kindOf(value));
  if (value.size < 1 || value.size > MAX_PCR_INDEX + 1) throw refuse(`${value.size} registers`);
  for (const [index, pcr] of value) {
    if (typeof index !== 'number' || index < 0 || index > MAX_PCR_INDEX) {
      throw refuse(`index ${JSON.stringify(index).slice(0, 40)}`);
    }
    if (!(pcr instanceof Uint8Array)) throw refuse(`PCR${index}: ${kindOf(pcr)}`);
    if (pcr.length !== PCR_BYTES) throw refuse(`PCR${index} of ${pcr.length} bytes`);
  }
  return { expected, actual: `${value.size} registers`, message: 'The registers are well-formed.' };
}

function checkCertificate(map: CborMap): Finding {
  return checkBytes(map.get('certificate'), {
    code: 'DOCUMENT_CERTIFICATE',
    field: 'certificate',
    min: 1,
    max: MAX_CERTIFICATE_BYTES,
  });
}

function checkCabundle(map: CborMap): Finding {
  const value = map.get('cabundle');
  const finding = {
    expected: `a non-empty list of 1 to ${MAX_CERTIFICATE_BYTES} bytes each`,
    actual: isList(value) ? `${value.length} certificates` : kindOf(value),
    message: 'The list of issuers is well-formed.',
  };
  if (!isList(value) || value.length === 0) {
    throw malformed('DOCUMENT_CABUNDLE', {
      ...finding,
      message: 'cabundle is not a list, or empty.',
    });
  }
  for (const [index, item] of value.entries()) {
    checkBytes(item, {
      code: 'DOCUMENT_CABUNDLE',
      field: `cabundle[${index}]`,
      min: 1,
      max: MAX_CERTIFICATE_BYTES,
    });
  }
  return finding;
}

function checkOptional(map: CborMap, field: OptionalField): Finding {
  const value = map.get(field);
  const code = OPTIONAL_CODES[field];
  if (value === undefined || value === null) {
    const expected = `null or at most ${MAX_OPTIONAL_BYTES} bytes`;
    return { expected, actual: 'null', message: `${field} is absent.` };
  }
  return checkBytes(value, { code, field, min: 0, max: MAX_OPTIONAL_BYTES });
}

const OPTIONAL_CODES = {
  public_key: 'DOCUMENT_PUBLIC_KEY',
  user_data: 'DOCUMENT_USER_DATA',
  nonce: 'DOCUMENT_NONCE',
} as const;

interface BytesRule {
  readonly code: Parameters<typeof malformed>[0];
  readonly field: string;
  readonly min: number;
  readonly max: number;
}

function checkBytes(value: CborValue | undefined, rule: BytesRule): Finding {
  const length = value instanceof Uint8Array ? value.length : undefined;
  const finding = {
    expected: `${rule.min} to ${rule.max} bytes`,
    actual: length === undefined ? kindOf(value) : `${length} bytes`,
    message: `${rule.field} is well-formed.`,
  };
  if (length === undefined || length < rule.min || length > rule.max) {
    throw malformed(rule.code, {
      ...finding,
      message: `${rule.field} is not a byte string of ${rule.min} to ${rule.max} bytes.`,
    });
  }
  return finding;
}

function isList(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value);
}

function kindOf(value: CborValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return 'bytes';
  if (isList(value)) return 'a list';
  if (isCborMap(value)) return 'a map';
  return typeof value;
}
