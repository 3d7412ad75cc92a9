import { parseArgs } from 'node:util';
import { createNodeEngine } from '../shared/attestation/node.ts';
import { decodeText } from '../shared/encoding-detection.ts';
import { visibleText } from '../shared/visible-text.ts';
import type { Command } from './command.ts';
import { readInput } from './input.ts';
import { inspectDocument } from './inspection.ts';
import { formatInspection } from './inspection-text.ts';
import { parseOptions } from './options.ts';

/** Base64 of the longest document that is looked at, with room for line ends. */
const MAX_INPUT_BYTES = 131_072;

const usage = `nitro-key-broker inspect [FILE] [--json]

Decodes an attestation document and shows what it says of itself, without judging any of it.
FILE is raw, base64 or hex; without it, or with -, standard input is read.
Exits 0 if the document could be decoded, 1 if not. Use verify to judge it.

  --json                the same as JSON`;

export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'show what an attestation document says, without judging it',
  usage,
  async run(argv, io) {
    const { values, positionals } = parseOptions(
      () =>
        parseArgs({
          args: [...argv],
          options: { json: { type: 'boolean' } },
          allowPositionals: true,
        }),
      1,
    );
    const input = await readInput(positionals[0], io, { maxBytes: MAX_INPUT_BYTES });
    const { bytes, encoding } = decodeText(input.bytes);
    const inspection = inspectDocument(bytes, createNodeEngine());
    if (values.json) {
      const json = JSON.stringify({ ...inspection, encoding, bytes: bytes.length });
      io.stdout.write(`${visibleText(json)}\n`);
    } else {
      io.stdout.write(formatInspection(inspection, `${bytes.length} bytes of ${encoding}`));
    }
    return 0;
  },
};
