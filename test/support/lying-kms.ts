import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parseAttestationDocument } from '../../shared/attestation/index.ts';
import { sealEnvelope } from '../../shared/cms/index.ts';
import type { TlsKms } from './attested-client.ts';
import { createTlsIdentity } from './tls.ts';

interface ReceivedCall {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What is answered: members as JSON has them, bytes as bytes. */
type Members = Readonly<Record<string, unknown>>;

/** `secret` is sealed to the key in the document of the call, as CiphertextForRecipient. */
export type LyingAnswer = Members & { readonly secret?: Uint8Array | undefined };

export interface LyingKms extends TlsKms {
  /** What every attested call is answered with. */
  answer: LyingAnswer;
  readonly calls: ReceivedCall[];
  /** What the answer to each call waits for. */
  beforeAnswer: () => Promise<void>;
  close(): void;
}

/** A server that holds the key of `localhost`, and answers what the test says. */
export async function startLyingKms(): Promise<LyingKms> {
  const { ca, cert, key } = await createTlsIdentity('localhost');
  const server = createServer({ cert, key }, async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    const body = JSON.parse(Buffer.concat(parts).toString());
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    kms.calls.push({ operation, body });
    await kms.beforeAnswer();
    const { secret, ...members } = kms.answer;
    const document = Buffer.from(body.Recipient.AttestationDocument, 'base64');
    const recipientSpki = parseAttestationDocument(document).publicKey ?? new Uint8Array();
    const envelope = secret && sealEnvelope({ plaintext: secret, recipientSpki });
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(encode({ ...members, CiphertextForRecipient: envelope }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kms: LyingKms = {
    port: (server.address() as AddressInfo).port,
    caPem: ca,
    answer: {},
    calls: [],
    beforeAnswer: async () => undefined,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return kms;
}

function encode(members: Members): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(members).map(([name, value]) => [
        name,
        value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
      ]),
    ),
  );
}
