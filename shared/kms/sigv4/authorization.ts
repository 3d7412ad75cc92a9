import { KmsServiceError } from '../service-error.ts';
import { ALGORITHM } from './signature.ts';

/** An `Authorization` header of SigV4, taken apart. Nothing in it has been checked yet. */
export interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly terminator: string;
  /** As sent: lower case and sorted in a well-made request. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const PARAMETERS = ['Credential', 'SignedHeaders', 'Signature'];

/**
 * Takes an `Authorization` header apart. Its text is in no message: it is the caller's credential.
 *
 * @throws {KmsServiceError} IncompleteSignatureException
 */
export function parseAuthorization(header: string): Authorization {
  const space = header.indexOf(' ');
  if (space === -1 || header.slice(0, space) !== ALGORITHM) {
    throw incomplete(`Authorization header requires the algorithm '${ALGORITHM}'.`);
  }
  const parameters = new Map<string, string>();
  for (const part of header.slice(space + 1).split(',')) {
    const [name, value] = splitOnce(part.trim(), '=');
    if (!PARAMETERS.includes(name) || parameters.has(name)) {
      throw incomplete('Authorization header holds a parameter that is unknown or given twice.');
    }
    parameters.set(name, value);
  }
  const required = (name: string): string => {
    const value = parameters.get(name);
    if (!value) throw incomplete(`Authorization header requires '${name}' parameter.`);
    return value;
  };
  const credential = required('Credential').split('/');
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = credential;
  if (credential.length !== 5 || !/^[\w-]{1,128}$/.test(accessKeyId)) {
    throw incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.',
    );
  }
  const signedHeaders = required('SignedHeaders').split(';');
  return {
    accessKeyId,
    date,
    region,
    service,
    terminator,
    signedHeaders,
    signature: required('Signature'),
  };
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function incomplete(message: string): KmsServiceError {
  return new KmsServiceError('IncompleteSignatureException', message);
}
