import {
  type AttestationPolicy,
  awsNitroEnclavesRootG1,
  type ExpectedMeasurements,
  parseTrustAnchor,
  type TrustAnchor,
} from '../shared/attestation/index.ts';
import { parseHex } from '../shared/encoding.ts';
import { FormatError } from '../shared/errors.ts';
import { parseAcceptedSets } from './accepted-sets.ts';

/** What the form holds, as typed. */
export interface ExpectationFields {
  readonly measurements: string;
  readonly tpmMeasurements: string;
  readonly nonceChoice: 'expected' | 'waived' | undefined;
  readonly nonce: string;
  readonly waiver: string;
  readonly clockChoice: 'live' | 'historic' | undefined;
  readonly maxAge: string;
  readonly skew: string;
  readonly allowDebug: boolean;
  readonly trustAnchor: string;
}

export type ExpectationField = keyof ExpectationFields;

/** What stands in the way of a judgement. */
export interface Problem {
  readonly field: ExpectationField;
  /** A missing expectation is not the user's mistake, one that cannot be read is. */
  readonly kind: 'missing' | 'unreadable';
  readonly message: string;
}

export interface Expectations {
  /** As far as they can be read, for showing registers side by side. */
  readonly measurements: ExpectedMeasurements;
  readonly ownTrustAnchor: boolean;
  /** Undefined as long as anything is missing or unreadable: then nothing is judged. */
  readonly judgement:
    | { readonly policy: AttestationPolicy; readonly trustAnchors: readonly TrustAnchor[] }
    | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads what a document is expected to be. Nothing has a default but the refusal of debug mode and
 * AWS's root: an absent expectation is a problem, never a pass.
 */
export function readExpectations(fields: ExpectationFields, now: () => number): Expectations {
  const reader = new FieldReader();
  const measurements = readMeasurements(fields, reader);
  const nonce = readNonce(fields, reader);
  const clock = readClock(fields, now, reader);
  const trustAnchor = readTrustAnchor(fields, reader);
  const complete = reader.problems.length === 0 && nonce !== undefined && clock !== undefined;
  return {
    measurements,
    ownTrustAnchor: fields.trustAnchor.trim() !== '',
    judgement:
      complete && trustAnchor !== undefined
        ? {
            policy: {
              clock,
              measurements,
              nonce,
              debug: fields.allowDebug ? 'allowed' : 'refused',
            },
            trustAnchors: [trustAnchor],
          }
        : undefined,
    problems: reader.problems,
  };
}

/** Collects every problem, so that the form can name all of them at once. */
class FieldReader {
  readonly problems: Problem[] = [];

  missing(field: ExpectationField, message: string): undefined {
    this.problems.push({ field, kind: 'missing', message });
  }

  unreadable(field: ExpectationField, message: string): undefined {
    this.problems.push({ field, kind: 'unreadable', message: sentence(message) });
  }

  parse<T>(field: ExpectationField, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return this.unreadable(field, error.message);
    }
  }
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

function readMeasurements(fields: ExpectationFields, reader: FieldReader): ExpectedMeasurements {
  const { measurements, tpmMeasurements } = fields;
  if (measurements.trim() === '' && tpmMeasurements.trim() === '') {
    reader.missing('measurements', 'Measurements: which registers, with which values.');
    return {};
  }
  const read = (field: 'measurements' | 'tpmMeasurements') =>
    fields[field].trim() === ''
      ? undefined
      : reader.parse(field, () => parseAcceptedSets(fields[field]));
  const enclave = read('measurements');
  const nitrotpm = read('tpmMeasurements');
  return {
    ...(enclave === undefined ? {} : { enclave }),
    ...(nitrotpm === undefined ? {} : { nitrotpm }),
  };
}

function readNonce(
  { nonceChoice, nonce, waiver }: ExpectationFields,
  reader: FieldReader,
): AttestationPolicy['nonce'] | undefined {
  if (nonceChoice === undefined) {
    return reader.missing('nonceChoice', 'Nonce: the value expected, or why none is.');
  }
  if (nonceChoice === 'waived') {
    const reason = waiver.trim();
    return reason === ''
      ? reader.missing('waiver', 'The reason why no nonce is expected.')
      : { waived: reason };
  }
  const digits = nonce.replace(/\s+/g, '');
  if (digits === '') return reader.missing('nonce', 'The nonce that is expected, in hex.');
  return reader.parse('nonce', () => parseHex(digits));
}

function readClock(
  { clockChoice, maxAge, skew }: ExpectationFields,
  now: () => number,
  reader: FieldReader,
): AttestationPolicy['clock'] | undefined {
  if (clockChoice === undefined) {
    return reader.missing('clockChoice', "Time: judge now, or at the document's own time.");
  }
  if (clockChoice === 'historic') return { mode: 'historic' };
  const maxAgeSeconds = readSeconds('maxAge', maxAge, 1, reader);
  const skewSeconds = readSeconds('skew', skew, 0, reader);
  if (maxAgeSeconds === undefined || skewSeconds === undefined) return undefined;
  return { mode: 'live', now, maxAgeSeconds, skewSeconds };
}

function readSeconds(
  field: 'maxAge' | 'skew',
  text: string,
  least: number,
  reader: FieldReader,
): number | undefined {
  const digits = text.trim();
  const name = field === 'maxAge' ? 'maximum age' : 'clock skew';
  if (digits === '') return reader.missing(field, `The ${name}, in seconds.`);
  const seconds = Number(digits);
  if (!/^[0-9]{1,10}$/.test(digits) || seconds < least) {
    return reader.unreadable(field, `the ${name} is a whole number of seconds from ${least}`);
  }
  return seconds;
}

function readTrustAnchor(
  { trustAnchor }: ExpectationFields,
  reader: FieldReader,
): TrustAnchor | undefined {
  const pem = trustAnchor.trim();
  if (pem === '') return awsNitroEnclavesRootG1;
  return reader.parse('trustAnchor', () => parseTrustAnchor(new TextEncoder().encode(pem)));
}
