import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonMembers, SignedKmsClient } from '../../../enclave/kms/index.ts';
import type { RecipientKeyRing } from '../../../enclave/recipient/index.ts';
import { signRequest } from '../../../shared/kms/index.ts';
import { Secret } from '../../../shared/secret.ts';
import {
  callerConfig,
  endpointConfig,
  REGION,
  readCredentials,
  runEndpoint,
} from '../../support/endpoint-scene.ts';
import { readText } from '../../support/streams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ARN = `arn:aws:kms:${REGION}:111122223333:key/00000000-0000-0000-0000-000000000001`;
const NOW = Date.UTC(2026, 10, 5, 12, 0, 0);
const DESCRIBE = JSON.stringify({ KeyId: ARN });
const DECRYPT = JSON.stringify({ KeyId: ARN, CiphertextBlob: 'AQ==' });

type Header = readonly [name: string, value: string];

/** A request whose signature holds for what is said of it, and that is sent as it is said. */
interface Wire {
  readonly operation?: string;
  readonly body?: string;
  /** Headers that are signed beside the usual ones. */
  readonly signed?: readonly Header[];
  /** Lines that are not. */
  readonly lines?: readonly string[];
  readonly method?: string;
  readonly target?: string;
  readonly query?: string;
  /** What stands on the wire in place of the body and its length. */
  readonly chunks?: string;
  readonly signedBody?: string;
}

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

async function start() {
  const operations = ['Decrypt', 'DescribeKey'];
  const config = endpointConfig({
    keys: { key: { arn: ARN, operations } },
    callers: [
      callerConfig(temporaryDirectory(), 'app', { permissions: [{ key: 'key', operations }] }),
    ],
  });
  const sent: { readonly operation: string; readonly members: JsonMembers }[] = [];
  const kms: SignedKmsClient = {
    async send(operation, body) {
      sent.push({ operation, members: JSON.parse(new TextDecoder().decode(body)) });
      const answer = JSON.stringify({ KeyId: ARN, CiphertextForRecipient: 'AQID' });
      return { body: new TextEncoder().encode(answer), requestId: 'of-kms' };
    },
  };
  const keyRing = {
    lease: async () => ({
      document: Uint8Array.of(1),
      reused: false,
      open: async () => new Secret(Uint8Array.of(5, 6)),
      release() {},
    }),
  } as unknown as RecipientKeyRing;
  const running = await runEndpoint({ kms, keyRing }, config, { clock: () => NOW });
  onTestFinished(() => running.close());
  const { address } = running.endpoint;
  const port = address.kind === 'tcp' ? address.port : 0;
  const credentials = readCredentials(config, 'app');

  const encode = (wire: Wire): string => {
    const { operation = 'DescribeKey', body = DESCRIBE, method = 'POST', target = '/' } = wire;
    const headers: Header[] = [
      ['host', `127.0.0.1:${port}`],
      ['content-type', 'application/x-amz-json-1.1'],
      ['x-amz-target', `TrentService.${operation}`],
      ...(wire.signed ?? []),
    ];
    const signature = signRequest({
      ...{ method, path: '/', query: wire.query ?? '', headers, credentials },
      ...{ body: new TextEncoder().encode(wire.signedBody ?? body), now: NOW },
      ...{ region: REGION, service: 'kms' },
    });
    const length = wire.chunks === undefined ? [`content-length: ${Buffer.byteLength(body)}`] : [];
    return [
      `${method} ${target} HTTP/1.1`,
      ...[...headers, ...Object.entries(signature)].map(([name, value]) => `${name}: ${value}`),
      ...length,
      ...(wire.lines ?? []),
      '',
      wire.chunks ?? body,
    ].join('\r\n');
  };
  /** Sends a text and no more, and takes what is answered until the other side ends. */
  const exchange = async (text: string): Promise<readonly Answer[]> => {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.end(text);
    return parseAnswers(await readText(socket));
  };
  return { sent, encode, exchange, ask: (wire: Wire) => exchange(encode(wire)), running };
}

function parseAnswers(text: string): readonly Answer[] {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((answer) => answer !== '')
    .map((answer) => {
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      return { status: Number(head.split(' ')[1]), head, body };
    });
}

const chunked = (body: string, trailers = '') =>
  `${body.length.toString(16)}\r\n${body}\r\n0\r\n${trailers}\r\n`;

const sign = (hash: string): Wire => ({ signed: [['x-amz-content-sha256', hash]] });

describe('a request on the wire', () => {
  it.each<[string, Wire]>([
    ['as an SDK makes it', {}],
    ['with a query that is signed', { target: '/?b=2&a=1', query: 'a=1&b=2' }],
    ['in chunks', { chunks: chunked(DESCRIBE), lines: ['transfer-encoding: chunked'] }],
    [
      'with trailers, which say nothing',
      {
        chunks: chunked(DESCRIBE, 'x-amz-target: TrentService.Decrypt\r\n'),
        lines: ['transfer-encoding: chunked', 'trailer: x-amz-target'],
      },
    ],
    ['with an expectation that nobody knows', { lines: ['expect: the-unexpected'] }],
    ['that offers another protocol', { lines: ['connection: upgrade', 'upgrade: h2c'] }],
  ])('is answered %s', async (_what, wire) => {
    const { ask, sent } = await start();
    const answers = await ask(wire);
    expect(answers.map(({ status }) => status)).toEqual([200]);
    expect(sent).toEqual([{ operation: 'DescribeKey', members: { KeyId: ARN } }]);
  });

  it('is asked for where its sender waits for that', async () => {
    const { ask, sent } = await start();
    const answers = await ask({ lines: ['expect: 100-continue'] });
    expect(answers.map(({ status }) => status)).toEqual([100, 200]);
    expect(sent).toHaveLength(1);
  });

  it('has its own answer when others stand in line with it', async () => {
    const { encode, exchange, sent } = await start();
    const answers = await exchange(
      encode({}) +
        encode({ signedBody: '{}' }) +
        encode({ operation: 'Decrypt', body: DECRYPT }) +
        encode({ operation: 'Encrypt' }),
    );
    expect(answers.map(({ status, body }) => [status, JSON.parse(body).__type])).toEqual([
      [200, undefined],
      [400, 'InvalidSignatureException'],
      [200, undefined],
      [400, 'AccessDeniedException'],
    ]);
    expect(JSON.parse(answers[2]?.body ?? '')).toEqual({ KeyId: ARN, Plaintext: 'BQY=' });
    expect(sent.map(({ operation }) => operation)).toEqual(['DescribeKey', 'Decrypt']);
  });

  it.each<[string, number, string, Wire]>([
    // Of two headers, two readers might each believe another one.
    [
      'two operations',
      400,
      'IncompleteSignatureException',
      { lines: ['x-amz-target: TrentService.Decrypt'] },
    ],
    ['two hosts', 400, 'IncompleteSignatureException', { lines: ['host: other'] }],
    ['two times', 400, 'IncompleteSignatureException', { lines: ['x-amz-date: 20261105T120000Z'] }],
    ['two signatures', 400, 'IncompleteSignatureException', { lines: ['authorization: none'] }],
    [
      'an X-Amz header that is not signed',
      400,
      'InvalidSignatureException',
      { lines: ['x-amz-more: 1'] },
    ],
    // One end of the message.
    ['two lengths', 400, 'SerializationException', { lines: ['content-length: 1'] }],
    ['a length twice', 400, 'SerializationException', { lines: ['content-length: 94'] }],
    [
      'a length and chunks',
      400,
      'SerializationException',
      { lines: [`content-length: 2`, 'transfer-encoding: chunked'], chunks: chunked(DESCRIBE) },
    ],
    ['a folded header', 400, 'SerializationException', { lines: ['x-other: a', ' b'] }],
    ['a space before a colon', 400, 'SerializationException', { lines: ['x-other : a'] }],
    ['a zero byte', 400, 'SerializationException', { lines: ['x-other: a\0b'] }],
    // Where to.
    [
      'a target with a host',
      400,
      'InvalidSignatureException',
      { target: 'http://kms.us-east-1.amazonaws.com/' },
    ],
    ['a query that is not signed', 400, 'InvalidSignatureException', { target: '/?a=1' }],
    ['a path', 404, 'UnknownOperationException', { target: '/x/..' }],
    ['a path that is none', 404, 'UnknownOperationException', { target: '/%zz' }],
    ['another method', 404, 'UnknownOperationException', { method: 'GET' }],
    // What a signature covers.
    [
      'a body that is not signed',
      400,
      'InvalidSignatureException',
      { ...sign('UNSIGNED-PAYLOAD'), signedBody: DESCRIBE },
    ],
    [
      'a body that is signed in chunks',
      400,
      'InvalidSignatureException',
      sign('STREAMING-AWS4-HMAC-SHA256-PAYLOAD'),
    ],
    [
      'a body that is signed in a trailer',
      400,
      'InvalidSignatureException',
      sign('STREAMING-UNSIGNED-PAYLOAD-TRAILER'),
    ],
    // What a body is.
    ['a byte order mark', 400, 'SerializationException', { body: `\ufeff${DESCRIBE}` }],
    [
      'half a character',
      400,
      'SerializationException',
      { operation: 'Decrypt', body: DECRYPT.replace('}', ',"EncryptionContext":{"a":"\\ud800"}}') },
    ],
    [
      'half a character in a name',
      400,
      'SerializationException',
      { operation: 'Decrypt', body: DECRYPT.replace('}', ',"EncryptionContext":{"\\udc00":""}}') },
    ],
    [
      'a member twice, once by escapes',
      400,
      'SerializationException',
      { body: DESCRIBE.replace('}', `,"Key\\u0049d":"${ARN}"}`) },
    ],
    [
      'a Recipient by escapes',
      400,
      'ValidationException',
      { operation: 'Decrypt', body: DECRYPT.replace('}', ',"Recip\\u0069ent":{}}') },
    ],
    [
      'a prototype',
      400,
      'ValidationException',
      { operation: 'Decrypt', body: DECRYPT.replace('}', ',"__proto__":{}}') },
    ],
    [
      'headers beyond all size',
      431,
      'SerializationException',
      { lines: [`x: ${'a'.repeat(2e4)}`] },
    ],
    [
      'headers beyond all number',
      400,
      'IncompleteSignatureException',
      { lines: Array.from({ length: 200 }, (_, index) => `x-${index}: y`) },
    ],
  ])('is refused with %s, as KMS would, and nothing leaves', async (_what, status, type, wire) => {
    const { ask, sent } = await start();
    const [answer, ...others] = await ask(wire);
    expect(others).toEqual([]);
    expect(answer?.status).toBe(status);
    expect(JSON.parse(answer?.body ?? '').__type).toBe(type);
    expect(answer?.head).toContain('\r\ncontent-type: application/x-amz-json-1.1\r\n');
    expect(sent).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['no HTTP', 'hello\r\n\r\n', 'SerializationException'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'SerializationException'],
    ['TLS', '\x16\x03\x01\x02\x00\x01', 'SerializationException'],
    ['no host', 'POST / HTTP/1.1\r\n\r\n', 'MissingAuthenticationTokenException'],
    [
      'a signature in the query',
      'POST /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00 HTTP/1.1\r\nhost: a\r\n\r\n',
      'MissingAuthenticationTokenException',
    ],
  ])('is refused as KMS would if it is or has %s', async (_what, text, type) => {
    const { exchange, sent } = await start();
    const [answer] = await exchange(text);
    expect([answer?.status, JSON.parse(answer?.body ?? '').__type]).toEqual([400, type]);
    expect(sent).toEqual([]);
  });

  it('may come again within a second, byte for byte, as SDKs make them', async () => {
    const { encode, exchange, sent } = await start();
    const answers = await exchange(encode({}).repeat(3));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(sent).toHaveLength(3);
  });
});

describe('the date of an answer', () => {
  it.each<[string, Wire]>([
    ['what KMS says', {}],
    ['a refusal', { signedBody: '{}' }],
    ['a path that there is not', { target: '/x' }],
    ['a path that is none', { target: '/%zz' }],
    ['an expectation that nobody knows', { lines: ['expect: the-unexpected'] }],
  ])('is that of the trusted clock, once: %s', async (_what, wire) => {
    const { ask } = await start();
    const [answer] = await ask(wire);
    expect(answer?.head.match(/^date: .*$/gim)).toEqual(['date: Thu, 05 Nov 2026 12:00:00 GMT']);
  });
});
