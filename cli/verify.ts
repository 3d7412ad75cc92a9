import { parseArgs } from 'node:util';
import { createNodeEngine, createVerifier } from '../shared/attestation/node.ts';
import { decodeText } from '../shared/encoding-detection.ts';
import { visibleText } from '../shared/visible-text.ts';
import { policyOptions, readPolicy, readTrustAnchors } from './attestation-policy.ts';
import type { Command } from './command.ts';
import { readInput } from './input.ts';
import { parseOptions } from './options.ts';
import { takesColour } from './output.ts';
import { formatReport } from './report-text.ts';

/** Base64 of the longest document that the verifier looks at, with room for line ends. */
const MAX_INPUT_BYTES = 131_072;

const usage = `nitro-key-broker verify [FILE] OPTIONS

Judges an attestation document of a Nitro Enclave or a NitroTPM instance, check by check.
FILE is raw, base64 or hex; without it, or with -, standard input is read.
Exits 0 if the document is trusted, 1 if it is not, 2 if something to expect is missing.

Expected measurements (at least one):
  --pcr N=HEX           a register of an enclave; repeatable, all must match
  --measurements FILE   JSON of nitro-cli for an enclave; repeatable, one must match
  --tpm-pcr N=HEX       a register of a NitroTPM instance; repeatable, all must match

Expected nonce (one):
  --nonce HEX           the value that this verifier issued
  --waive-nonce REASON  no nonce is expected, and why

Time (one):
  --max-age SECONDS     judge now; the document may be so old
    --skew SECONDS      and so far ahead of this clock (default 5)
  --historic            judge at the document's own time; freshness is not established

Further expectations, each compared where it is given:
  --public-key FILE     the public_key: PEM of a public key, or the bytes of the field
  --user-data HEX       the user_data
  --module-id ID        the module, i-...-enc...
  --instance-id ID      the parent instance, i-... (PCR4 of an enclave)
  --role-arn ARN        the role of the parent instance (PCR3 of an enclave)
  --signing-certificate FILE
                        who signed the image, PEM or DER (PCR8 of an enclave)

Of a document that an enclave's broker made for a client, together:
  --binding FILE        the binding that came beside the document: raw, base64 or hex
  --client-data HEX     the data that was sent with the nonce, or @FILE; '' if there was none
  --config-hash HEX     the configuration: see enclave --print-config
    or --waive-config-hash REASON
  --purpose WHO         whose data it is: client (the default) or enclave

  --allow-debug         accept an enclave in debug mode
  --trust-anchor FILE   a root certificate to trust instead of AWS's; repeatable
  --json                the report as JSON`;

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'judge an attestation document against expectations',
  usage,
  async run(argv, io) {
    const { values, positionals } = parseOptions(
      () =>
        parseArgs({
          args: [...argv],
          options: { ...policyOptions, json: { type: 'boolean' } },
          allowPositionals: true,
        }),
      1,
    );
    const policy = await readPolicy(values, io.now);
    const trustAnchors = await readTrustAnchors(values);
    const input = await readInput(positionals[0], io, { maxBytes: MAX_INPUT_BYTES });
    const { bytes, encoding } = decodeText(input.bytes);
    // Nothing else waits for the event loop of a command.
    const engine = createNodeEngine({ verifyIn: 'caller' });
    const report = await createVerifier({ trustAnchors, engine }).verify(bytes, policy);
    if (values.json) {
      const json = JSON.stringify({ verdict: report.verdict, checks: report.checks });
      io.stdout.write(`${visibleText(json)}\n`);
    } else {
      io.stderr.write(`read ${bytes.length} bytes of ${encoding}\n`);
      io.stdout.write(formatReport(report, { colour: takesColour(io) }));
    }
    return report.verdict === 'trusted' ? 0 : 1;
  },
};
