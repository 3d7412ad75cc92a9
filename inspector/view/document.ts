import { formatTime } from '../../shared/attestation/explain/time-text.ts';
import type { AttestationDocument } from '../../shared/attestation/index.ts';
import { showDebugMode } from '../../shared/attestation/pcr.ts';
import { encodeHex } from '../../shared/encoding.ts';
import type { Inspection } from '../inspection.ts';
import { type Child, definitions, element, section } from './element.ts';
import { hexView } from './hex.ts';

const KINDS = {
  enclave: 'Nitro Enclave',
  nitrotpm: 'NitroTPM instance',
} as const;

/** Text of one line that is worth showing beside its hex. */
const READABLE = /^[\u0020-\u007e]+$/;

/** The fields of a document. */
export function documentView(document: AttestationDocument, inspection: Inspection): HTMLElement {
  return section(
    'Document',
    'document',
    definitions('fields', [
      ['Kind', KINDS[document.kind]],
      ['Module', element('code', '', document.moduleId)],
      ...debugModeOf(document),
      ['Made at', formatTime(document.timestamp)],
      ['Digest', document.digest],
      ['Size', `${inspection.bytes.length} bytes, given as ${inspection.encoding}`],
      ['Nonce', bytesView(document.nonce)],
      ['User data', bytesView(document.userData)],
      ['Public key', bytesView(document.publicKey)],
    ]),
  );
}

function debugModeOf({ kind, pcrs }: AttestationDocument): readonly (readonly [string, Child])[] {
  if (kind !== 'enclave') return [];
  return [
    [
      'Debug mode',
      showDebugMode(pcrs)
        ? 'yes: PCR0, PCR1 or PCR2 is all zero, and the parent can read the console'
        : 'no',
    ],
  ];
}

function bytesView(bytes: Uint8Array | undefined): Child {
  if (bytes === undefined) return element('span', 'muted', 'none');
  if (bytes.length === 0) return element('span', 'muted', 'present, 0 bytes');
  const text = new TextDecoder().decode(bytes);
  return element(
    'div',
    '',
    element('p', 'muted', `${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'}`),
    ...(READABLE.test(text) ? [element('p', '', 'As text: ', element('code', '', text))] : []),
    hexView(encodeHex(bytes)),
  );
}
