import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { encodeBase64 } from '../../shared/encoding.ts';
import { MAX_ATTESTATION_FIELD_BYTES } from '../../shared/nsm/index.ts';
import { readBytesArgument } from '../bytes-argument.ts';
import { type Command, EnvironmentError } from '../command.ts';
import { parseOptions } from '../options.ts';
import { askModule, moduleOptions, moduleUsage } from './ask-module.ts';

export const attestCommand: Command = {
  name: 'nsm attest',
  summary: 'have the secure module make an attestation document',
  usage: `nitro-key-broker nsm attest [OPTIONS]

Has an attestation document made and writes it to standard output in base64, which \`verify\` and
\`inspect\` read. Its public_key is null and cannot be given: KMS seals to the key that a document
carries, so whoever could choose it could open what is meant for this enclave.

  --nonce HEX|@FILE      of up to 1024 bytes, or a file of them (default: null)
  --user-data HEX|@FILE  likewise
  --out FILE             write the raw document to FILE instead; overwrites nothing
${moduleUsage}`,
  async run(argv, io) {
    const options = {
      ...moduleOptions,
      nonce: { type: 'string' },
      'user-data': { type: 'string' },
      out: { type: 'string' },
    } as const;
    const { values } = parseOptions(
      () => parseArgs({ args: [...argv], options, allowPositionals: true }),
      0,
    );
    const { nonce, 'user-data': userData, out } = values;
    const fields = {
      ...(nonce === undefined ? {} : { nonce: await readField('--nonce', nonce) }),
      ...(userData === undefined ? {} : { userData: await readField('--user-data', userData) }),
    };
    return askModule(values, io, async (client) => {
      const document = await client.attest(fields);
      if (out === undefined) {
        const base64 = encodeBase64(document);
        return { text: base64, json: { document: base64 } };
      }
      await writeNewFile(out, document);
      const { length } = document;
      return { text: `${length} bytes in ${out}`, json: { file: out, length } };
    });
  },
};

function readField(flag: string, text: string): Promise<Uint8Array> {
  return readBytesArgument(flag, text, MAX_ATTESTATION_FIELD_BYTES);
}

async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new EnvironmentError(`${path} cannot be written (${code})`);
  }
}
