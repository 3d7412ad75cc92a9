import type { CryptoEngine } from '../crypto/engine.ts';
import { encodeHex } from '../encoding.ts';
import { type Finding, unaccepted } from './check.ts';
import { hashClientBinding, parseClientBinding } from './client-binding.ts';
import type { AttestationDocument } from './document.ts';
import type { ExpectedClientBinding } from './policy.ts';

/**
 * The document was made for a client, and for the structure that came beside it.
 *
 * It has no public_key: what KMS seals to the key of a document is for the enclave alone, so a
 * document with a key is not made for anyone outside.
 */
export function checkClientBinding(
  { publicKey, userData }: AttestationDocument,
  { purpose, binding }: ExpectedClientBinding,
  engine: CryptoEngine,
): Finding {
  const actual = parseClientBinding(binding);
  const hash = hashClientBinding(binding, engine);
  const finding = {
    expected: `purpose=${purpose} public_key=null user_data=${encodeHex(hash)}`,
    actual: [
      `purpose=${actual.purpose}`,
      `public_key=${publicKey === undefined ? 'null' : `${publicKey.length} bytes`}`,
      `user_data=${userData === undefined ? 'null' : encodeHex(userData)}`,
    ].join(' '),
    message: 'The document was made for this purpose, with this binding.',
  };
  const bound = userData !== undefined && engine.equal(userData, hash);
  if (!bound || publicKey !== undefined || actual.purpose !== purpose) {
    throw unaccepted('POLICY_CLIENT_BINDING', {
      ...finding,
      message: 'The document was not made for this purpose, with this binding.',
    });
  }
  return finding;
}

export function checkConfigHash(
  { binding, configHash }: ExpectedClientBinding,
  engine: CryptoEngine,
): Finding | { notJudged: string } {
  if (!(configHash instanceof Uint8Array)) {
    return { notJudged: `Waived by the caller: ${configHash.waived}` };
  }
  const actual = parseClientBinding(binding).configHash;
  const finding = {
    expected: encodeHex(configHash),
    actual: encodeHex(actual),
    message: 'The enclave runs the configuration expected.',
  };
  if (!engine.equal(actual, configHash)) {
    throw unaccepted('POLICY_CONFIG_HASH', {
      ...finding,
      message: 'The enclave runs another configuration.',
    });
  }
  return finding;
}

export function checkClientData(
  { binding, data }: ExpectedClientBinding,
  engine: CryptoEngine,
): Finding {
  const actual = parseClientBinding(binding).data;
  const finding = {
    expected: showData(data, engine),
    actual: showData(actual, engine),
    message: 'The data is the one expected.',
  };
  if (!engine.equal(actual, data)) {
    throw unaccepted('POLICY_CLIENT_DATA', {
      ...finding,
      message: 'The data is not the one expected: somebody else asked for the document.',
    });
  }
  return finding;
}

/** A key or a hash in full; what is longer by its hash. */
function showData(data: Uint8Array, engine: CryptoEngine): string {
  if (data.length === 0) return 'no data';
  if (data.length <= MAX_SHOWN_BYTES) return encodeHex(data);
  return `${data.length} bytes with SHA-256 ${encodeHex(engine.sha256(data))}`;
}

const MAX_SHOWN_BYTES = 256;
