import {
  type DerReader,
  expectSequence,
  expectSet,
  parseDer,
  readOid,
  universalTag,
} from '../asn1/index.ts';
import { visibleText } from '../visible-text.ts';

const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.5': 'serialNumber',
};

const utf8 = new TextDecoder();

/**
 * Reads over a Name (RFC 5280 section 4.1.2.4).
 *
 * @throws {FormatError} ASN1_*
 */
export function checkName(reader: DerReader, name: string): void {
  const rdns = reader.enterSequence(name);
  while (reader.more) {
    const attributes = reader.enterSet(name);
    while (reader.more) {
      const attribute = reader.enterSequence(name);
      reader.pass(universalTag['OBJECT IDENTIFIER'], name);
      reader.passAny(name);
      reader.leave(attribute, name);
    }
    reader.leave(attributes, name);
  }
  reader.leave(rdns, name);
}

/**
 * A Name as text for a person, in the order in which it is written. Never used for a decision:
 * names are compared as DER.
 *
 * @param der - of a certificate's issuer or subject.
 */
export function formatName(der: Uint8Array): string {
  const parts: string[] = [];
  for (const rdn of expectSequence(parseDer(der, { maxBytes: der.length }), 'Name')) {
    for (const attribute of expectSet(rdn, 'Name')) {
      const [type, value] = expectSequence(attribute, 'Name');
      const oid = readOid(type, 'Name');
      parts.push(`${SHORT_NAMES[oid] ?? oid}=${visibleText(utf8.decode(value?.contents))}`);
    }
  }
  return parts.join(', ');
}
