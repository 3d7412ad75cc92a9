import {
  contextIdentifier,
  encodeDefinite,
  encodeIndefinite,
  encodeOid,
  identifier,
} from '../asn1/index.ts';
import { CMS_VERSION, type Envelope, oid, SEGMENT_BYTES } from './layout.ts';

/** How encryptedContent is written. KMS writes either. */
export type ContentForm = 'constructed' | 'primitive';

const version = encodeDefinite(identifier.INTEGER, Uint8Array.of(CMS_VERSION));
const sha256 = encodeDefinite(
  identifier.SEQUENCE,
  encodeOid(oid.sha256),
  encodeDefinite(identifier.NULL),
);
const data = encodeOid(oid.data);
const aes256Cbc = encodeOid(oid.aes256Cbc);
const envelopedDataType = encodeOid(oid.envelopedData);
const mgf1 = encodeDefinite(identifier.SEQUENCE, encodeOid(oid.mgf1), sha256);
const keyEncryptionAlgorithm = encodeDefinite(
  identifier.SEQUENCE,
  encodeOid(oid.rsaesOaep),
  encodeDefinite(
    identifier.SEQUENCE,
    encodeDefinite(contextIdentifier(0, 'constructed'), sha256),
    encodeDefinite(contextIdentifier(1, 'constructed'), mgf1),
  ),
);

/**
 * Writes an envelope byte for byte as KMS does: indefinite lengths down to EncryptedContentInfo,
 * definite ones for the recipient and the algorithms.
 */
export function encodeEnvelope(envelope: Envelope, form: ContentForm): Uint8Array {
  const recipientInfo = encodeDefinite(
    identifier.SEQUENCE,
    version,
    encodeDefinite(contextIdentifier(0, 'primitive'), envelope.recipientId),
    keyEncryptionAlgorithm,
    encodeDefinite(identifier['OCTET STRING'], envelope.encryptedKey),
  );
  const encryptedContentInfo = encodeIndefinite(
    identifier.SEQUENCE,
    data,
    encodeDefinite(
      identifier.SEQUENCE,
      aes256Cbc,
      encodeDefinite(identifier['OCTET STRING'], envelope.iv),
    ),
    encodeContent(envelope.encryptedContent, form),
  );
  const envelopedData = encodeIndefinite(
    identifier.SEQUENCE,
    version,
    encodeDefinite(identifier.SET, recipientInfo),
    encryptedContentInfo,
  );
  return encodeIndefinite(
    identifier.SEQUENCE,
    envelopedDataType,
    encodeIndefinite(contextIdentifier(0, 'constructed'), envelopedData),
  );
}

function encodeContent(content: Uint8Array, form: ContentForm): Uint8Array {
  if (form === 'primitive') return encodeDefinite(contextIdentifier(0, 'primitive'), content);
  const segments: Uint8Array[] = [];
  for (let start = 0; start < content.length; start += SEGMENT_BYTES) {
    const segment = content.subarray(start, start + SEGMENT_BYTES);
    segments.push(encodeDefinite(identifier['OCTET STRING'], segment));
  }
  return encodeIndefinite(contextIdentifier(0, 'constructed'), ...segments);
}
