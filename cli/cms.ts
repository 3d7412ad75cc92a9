import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  type ContentForm,
  openEnvelope,
  recipientIdOf,
  sealEnvelope,
} from '../shared/cms/index.ts';
import { encodeBase64, encodeHex } from '../shared/encoding.ts';
import { decodeText } from '../shared/encoding-detection.ts';
import { type Command, EnvironmentError, UsageError } from './command.ts';
import { readFileBytes, readInput } from './input.ts';
import { parseOptions } from './options.ts';
import { writeAll } from './output.ts';

/** Hex of the longest envelope, with room for line ends. */
const MAX_BLOB_BYTES = 16_384;
const MAX_PLAINTEXT_BYTES = 6144;
const MAX_KEY_BYTES = 16_384;

const openCommand: Command = {
  name: 'cms open',
  summary: 'open a CiphertextForRecipient of KMS with its private key',
  usage: `nitro-key-broker cms open --private-key FILE [BLOB]

Opens a CiphertextForRecipient and writes the plaintext to standard output, as it is.
BLOB is raw, base64 or hex; without it, or with -, standard input is read.
Exits 0 if it opened, 1 if it was refused. That it opens does not prove that KMS sealed it.

  --private-key FILE    the recipient's RSA key, PEM without a passphrase
  --json                {"plaintext": base64, "recipientId": hex} instead`,
  async run(argv, io) {
    const { values, positionals } = parseOptions(
      () =>
        parseArgs({
          args: [...argv],
          options: { 'private-key': { type: 'string' }, json: { type: 'boolean' } },
          allowPositionals: true,
        }),
      1,
    );
    const privateKey = await readPrivateKey(required(values['private-key'], '--private-key'));
    const recipientId = recipientIdOf(spkiOf(createPublicKey(privateKey)));
    const blob = await readInput(positionals[0], io, { maxBytes: MAX_BLOB_BYTES });
    const { bytes: envelope } = decodeText(blob.bytes);

    const plaintext = openEnvelope({ envelope, privateKey, recipientId });
    try {
      await plaintext.reveal((bytes) => {
        if (!values.json) return writeAll(io.stdout, bytes);
        const json = { plaintext: encodeBase64(bytes), recipientId: encodeHex(recipientId) };
        return writeAll(io.stdout, `${JSON.stringify(json)}\n`);
      });
    } finally {
      plaintext.dispose();
    }
    return 0;
  },
};

const sealCommand: Command = {
  name: 'cms seal',
  summary: 'seal a plaintext to a recipient as KMS does',
  usage: `nitro-key-broker cms seal --public-key FILE [--form constructed|primitive] [PLAINTEXT]

Seals the bytes of the file PLAINTEXT and writes the CiphertextForRecipient to standard output.
Without PLAINTEXT, or with -, standard input is read.

  --public-key FILE     the recipient's RSA key of 2048 to 4096 bits, PEM or DER
  --form FORM           how the ciphertext is written: constructed (default) or primitive
  --json                {"ciphertextForRecipient": base64, "recipientId": hex} instead`,
  async run(argv, io) {
    const { values, positionals } = parseOptions(
      () =>
        parseArgs({
          args: [...argv],
          options: {
            'public-key': { type: 'string' },
            form: { type: 'string' },
            json: { type: 'boolean' },
          },
          allowPositionals: true,
        }),
      1,
    );
    const form = readForm(values.form);
    const recipientSpki = await readSpki(required(values['public-key'], '--public-key'));
    const { bytes: plaintext } = await readInput(positionals[0], io, {
      maxBytes: MAX_PLAINTEXT_BYTES,
    });
    let envelope: Uint8Array;
    try {
      envelope = sealEnvelope({ plaintext, recipientSpki, form });
    } finally {
      plaintext.fill(0);
    }
    if (values.json) {
      const ciphertextForRecipient = encodeBase64(envelope);
      const json = { ciphertextForRecipient, recipientId: encodeHex(recipientIdOf(recipientSpki)) };
      await writeAll(io.stdout, `${JSON.stringify(json)}\n`);
    } else {
      await writeAll(io.stdout, envelope);
    }
    return 0;
  },
};

export const cmsCommands: readonly Command[] = [openCommand, sealCommand];

function required(value: string | undefined, flag: string): string {
  if (value === undefined) throw new UsageError(`${flag} FILE is needed`);
  return value;
}

function readForm(text = 'constructed'): ContentForm {
  if (text === 'constructed' || text === 'primitive') return text;
  throw new UsageError(`--form is constructed or primitive, got ${text}`);
}

async function readPrivateKey(path: string): Promise<KeyObject> {
  const bytes = await readFileBytes(path, { maxBytes: MAX_KEY_BYTES });
  try {
    const key = createPrivateKey(Buffer.from(bytes.buffer));
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // OpenSSL's reasons are the same to the reader of the message.
  } finally {
    bytes.fill(0);
  }
  throw new EnvironmentError(`${path} is not an RSA private key in PEM without a passphrase`);
}

async function readSpki(path: string): Promise<Uint8Array> {
  const bytes = Buffer.from(await readFileBytes(path, { maxBytes: MAX_KEY_BYTES }));
  const isPem = bytes.includes('-----BEGIN');
  try {
    return spkiOf(createPublicKey(isPem ? bytes : { key: bytes, format: 'der', type: 'spki' }));
  } catch {
    throw new EnvironmentError(`${path} is not a public key in PEM or DER`);
  }
}

function spkiOf(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' });
}
