import type { Haystack } from './leak-search.ts';

/**
 * Everything that may be written in a text: the bytes themselves, and what each run of hexadecimal
 * digits, of base64 or of base64url decodes to, wherever it is thought to begin.
 */
export function* readingsOf(bytes: Uint8Array): Generator<Buffer> {
  yield Buffer.from(bytes);
  // Of a slash in JSON, of a line that was broken.
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/\\\/|\\r|\\n|[\r\n]/g, (escaped) => (escaped === '\\/' ? '/' : ''));
  for (const [run] of text.matchAll(/[0-9a-f]{32,}/gi)) {
    for (const from of [0, 1]) yield Buffer.from(run.slice(from), 'hex');
  }
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{32,}/g)) {
    for (const from of [0, 1, 2, 3]) yield Buffer.from(run.slice(from), 'base64');
  }
}

/** Array of four, protected header of ES384, which is how every document begins (RFC 9052). */
const BEGINNING = Buffer.from('8444a1013822a0', 'hex');
const SIGNATURE_BYTES = 2 + 96;

/** The attestation documents that stand in a haystack, in whatever encoding, each once. */
export function documentsIn(haystacks: readonly Haystack[]): readonly Uint8Array[] {
  const documents = new Map<string, Uint8Array>();
  for (const reading of allReadings(haystacks)) {
    for (const at of positionsOf(BEGINNING, reading)) {
      // Payloads of 256 to 65535 bytes: 59, length.
      const payloadAt = at + BEGINNING.length;
      if (reading[payloadAt] !== 0x59 || reading.length < payloadAt + 3) continue;
      const end = payloadAt + 3 + reading.readUInt16BE(payloadAt + 1) + SIGNATURE_BYTES;
      const document = Uint8Array.from(reading.subarray(at, end));
      if (end <= reading.length) documents.set(Buffer.from(document).toString('base64'), document);
    }
  }
  return [...documents.values()];
}

/** The text `public_key` as CBOR has it for a key of a map. */
const PUBLIC_KEY = Buffer.concat([Buffer.of(0x6a), Buffer.from('public_key')]);
const NULL = 0xf6;

/**
 * Where a document, or a piece of one, has a public_key that is not null: a line each, and no line
 * when all is well.
 *
 * @param except - a value that the test itself sends in such a form, which is not looked at.
 */
export function findPublicKeys(
  haystacks: readonly Haystack[],
  except: Uint8Array,
): readonly string[] {
  const own = encodeByteString(except);
  return haystacks.flatMap(({ name, bytes }) =>
    [...readingsOf(bytes)].flatMap((reading) =>
      positionsOf(PUBLIC_KEY, reading)
        .map((at) => reading.subarray(at + PUBLIC_KEY.length))
        .filter((value) => value[0] !== NULL && !value.subarray(0, own.length).equals(own))
        .map((value) => `a public_key, ${value.subarray(0, 8).toString('hex')}, in ${name}`),
    ),
  );
}

/** What would be a public_key if it stood in a document: the member's name and its value in CBOR. */
export function publicKeyMember(value: Uint8Array): Buffer {
  return Buffer.concat([PUBLIC_KEY, encodeByteString(value)]);
}

/** RFC 8949 section 3.1, of 256 to 65535 bytes. */
function encodeByteString(value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0x59, value.length >> 8, value.length & 0xff), value]);
}

function* allReadings(haystacks: readonly Haystack[]): Generator<Buffer> {
  for (const { bytes } of haystacks) yield* readingsOf(bytes);
}

function positionsOf(pattern: Buffer, bytes: Buffer): readonly number[] {
  const positions: number[] = [];
  for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) {
    positions.push(at);
  }
  return positions;
}
