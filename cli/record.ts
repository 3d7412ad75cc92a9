import { parseArgs } from 'node:util';
import { createNodeEngine } from '../shared/attestation/node.ts';
import { decodeText } from '../shared/encoding-detection.ts';
import { visibleText } from '../shared/visible-text.ts';
import { readTrustAnchors } from './attestation-policy.ts';
import { type Command, UsageError } from './command.ts';
import type { DocumentOutcome } from './fixtures/index-file.ts';
import { readFileBytes } from './input.ts';
import { parseOptions } from './options.ts';
import { parseTime } from './time.ts';

const MAX_FILE_BYTES = 131_072;
const MAX_NOTE_CHARACTERS = 1000;

const usage = `nitro-key-broker record --document FILE --into DIR [OPTIONS]

Writes an attestation document, and what belongs to it, as a fixture into DIR, with an entry in
DIR/index.json that says what a replay must find. Overwrites nothing, and writes no private key and
no plaintext. Documents and envelopes are raw, base64 or hex.
Exits 0 when recorded, trusted or not; 1 if a file is not what it should be, or belongs to another
document; 3 if a file cannot be read or is there already.

  --document FILE      the attestation document
  --into DIR           the folder of fixtures; made if missing
  --request FILE       the body of the call to KMS that carried it, JSON
  --envelope FILE      the CiphertextForRecipient that came back
  --clock TIME         when it was judged, ISO 8601 (default: the document's own time)
  --trust-anchor FILE  a root certificate to trust instead of AWS's; repeatable
  --note TEXT          one sentence that says what it is
  --json               its name and what a replay must find, as JSON

\`local-kms --record DIR\` records the attested calls of a development stack.`;

export const recordCommand: Command = {
  name: 'record',
  summary: 'write a document, its request and its envelope as a fixture',
  usage,
  async run(argv, io) {
    const { values } = parseOptions(
      () =>
        parseArgs({
          args: [...argv],
          options: {
            document: { type: 'string' },
            into: { type: 'string' },
            request: { type: 'string' },
            envelope: { type: 'string' },
            clock: { type: 'string' },
            'trust-anchor': { type: 'string', multiple: true },
            note: { type: 'string' },
            json: { type: 'boolean' },
          },
          allowPositionals: true,
        }),
      0,
    );
    if (values.document === undefined) throw new UsageError('--document FILE is needed');
    if (values.into === undefined) throw new UsageError('--into DIR is needed');
    const recorded = {
      what: readNote(values.note),
      document: await readBlob(values.document),
      trustAnchors: await readTrustAnchors(values),
      ...(values.clock === undefined ? {} : { clock: parseTime('--clock', values.clock) }),
      ...(values.request === undefined ? {} : { request: await readFile(values.request) }),
      ...(values.envelope === undefined ? {} : { envelope: await readBlob(values.envelope) }),
    };
    const { createRecording } = await import('./fixtures/recording.ts');
    const { addFixture } = await import('./fixtures/folder.ts');
    const recording = await createRecording(recorded, createNodeEngine());
    await addFixture(values.into, recording);
    const { name, document } = recording.fixture;
    if (values.json) {
      io.stdout.write(`${JSON.stringify({ name, ...document?.expected })}\n`);
      return 0;
    }
    const outcome = document === undefined ? '' : `: ${describe(document.expected)}`;
    io.stdout.write(`${name}${outcome}\n`);
    return 0;
  },
};

function readNote(note = 'Recorded.'): string {
  const sentence = visibleText(note);
  if (sentence.trim() === '' || sentence.length > MAX_NOTE_CHARACTERS) {
    throw new UsageError(`--note needs a sentence of at most ${MAX_NOTE_CHARACTERS} characters`);
  }
  return sentence;
}

async function readBlob(path: string): Promise<Uint8Array> {
  return decodeText(await readFile(path)).bytes;
}

function readFile(path: string): Promise<Uint8Array> {
  return readFileBytes(path, { maxBytes: MAX_FILE_BYTES });
}

function describe(outcome: DocumentOutcome): string {
  return outcome.verdict === 'trusted' ? 'trusted' : `untrusted (${outcome.check} ${outcome.code})`;
}
