import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsThere, type StartedChromium, startChromium } from '../support/chromium.ts';

const root = join(import.meta.dirname, '..', '..');
const recorded = join(root, 'fixtures', 'recorded');
const document = readFileSync(join(recorded, 'nitro-20250916-us-east-1-b1086cbb.cose'));

/** What a user of the package writes: judges a document given as a list of bytes. */
const program = `
  import { awsNitroEnclavesRootG1, createVerifier } from 'nitro-key-broker/attestation';

  globalThis.judge = async (bytes) => {
    const verifier = createVerifier({ trustAnchors: [awsNitroEnclavesRootG1] });
    const report = await verifier.verify(Uint8Array.from(bytes), {
      clock: { mode: 'historic' },
      measurements: { waived: 'a test of the package' },
      nonce: { waived: 'a test of the package' },
      debug: 'refused',
    });
    return [report.verdict, report.failure?.code ?? null];
  };
`;

/** Bundled as a page's build would, from the package's own exports; needs the built dist/. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: root },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

const genuine = [...document];
const tampered = genuine.map((byte, index) => (index === genuine.length - 1 ? byte ^ 1 : byte));

describe.skipIf(!chromiumIsThere)('nitro-key-broker/attestation (needs chromium)', () => {
  let browser: StartedChromium;
  let script: string;
  beforeAll(async () => {
    [browser, script] = await Promise.all([startChromium(), bundle()]);
  });
  afterAll(() => browser.close());

  it('judges in a page, with no polyfill', async () => {
    const page = await browser.context.newPage();
    await page.addScriptTag({ content: script });
    const judge = (bytes: number[]) =>
      page.evaluate((given) => (globalThis as unknown as Judge).judge(given), bytes);
    expect(await judge(genuine)).toEqual(['trusted', null]);
    expect(await judge(tampered)).toEqual(['untrusted', 'COSE_SIGNATURE']);
  });

  it('judges in a worker, with no polyfill', async () => {
    const page = await browser.context.newPage();
    const answer = `${script}; onmessage = async ({ data }) => postMessage(await judge(data));`;
    const judge = (bytes: number[]) =>
      page.evaluate(
        ([source, given]) => {
          const { Blob, URL, Worker } = globalThis as unknown as PageGlobals;
          const worker = new Worker(URL.createObjectURL(new Blob([source])));
          return new Promise((resolve) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.postMessage(given);
          });
        },
        [answer, bytes] as const,
      );
    expect(await judge(genuine)).toEqual(['trusted', null]);
    expect(await judge(tampered)).toEqual(['untrusted', 'COSE_SIGNATURE']);
  });
});

interface Judge {
  judge(bytes: readonly number[]): Promise<readonly [string, string | null]>;
}

/** The little of a page that the tests use: the project compiles without the DOM's types. */
interface PageGlobals {
  readonly Blob: new (parts: readonly string[]) => object;
  readonly URL: { createObjectURL(blob: object): string };
  readonly Worker: new (
    url: string,
  ) => { onmessage: (event: { data: unknown }) => void; postMessage(message: unknown): void };
}
