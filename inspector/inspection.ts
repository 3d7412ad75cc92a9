import { type Chain, describeChain } from '../shared/attestation/explain/chain.ts';
import {
  type AttestationDocument,
  type CryptoEngine,
  parseAttestationDocument,
} from '../shared/attestation/index.ts';
import { decodeText, type TextEncoding } from '../shared/encoding-detection.ts';
import { BrokerError } from '../shared/errors.ts';

/** Hex of the longest document that the verifier looks at, with room for line ends. */
export const MAX_INPUT_BYTES = 131_072;

/** What a person gave to look at. */
export interface Source {
  /** The name of a file, or undefined for what was pasted. */
  readonly fileName: string | undefined;
  readonly bytes: Uint8Array;
}

/** What a source says about itself. Nothing in it is verified. */
export interface Inspection {
  readonly source: Source;
  readonly encoding: TextEncoding;
  /** The document's bytes, without base64 or hex around them. */
  readonly bytes: Uint8Array;
  readonly document: AttestationDocument | undefined;
  readonly chain: Chain | undefined;
  /** Why there is no document to show. */
  readonly problem: string | undefined;
}

/** Decodes what was given, as far as it can be. */
export function inspectSource(source: Source, engine: CryptoEngine): Inspection {
  const nothing = { source, document: undefined, chain: undefined };
  if (source.bytes.length > MAX_INPUT_BYTES) {
    const problem = `The input is longer than ${MAX_INPUT_BYTES} bytes.`;
    return { ...nothing, encoding: 'raw', bytes: new Uint8Array(0), problem };
  }
  const unread = { ...nothing, ...decodeText(source.bytes) };
  // Pasted text went through a text field: raw bytes do not survive that.
  if (unread.encoding === 'raw' && source.fileName === undefined) {
    return { ...unread, problem: 'The pasted text is neither base64 nor hex.' };
  }
  try {
    const document = parseAttestationDocument(unread.bytes);
    return { ...unread, document, chain: describeChain(document, engine), problem: undefined };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { ...unread, problem: `${error.message} (${error.code})` };
  }
}
