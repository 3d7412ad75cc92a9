import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** The first block of TypeScript in a page that has `text` in it. */
function example(page: string, text: string): string {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms);
  const [found] = [...blocks].map(([, code = '']) => code).filter((code) => code.includes(text));
  if (found === undefined) throw new Error(`${page} has no example with ${text}`);
  return found;
}

/** What users of the package write, by the names of files beside its package.json. */
const programs: Readonly<Record<string, string>> = {
  'of-the-readme.ts': `
    import { DeriveSharedSecretCommand } from '@aws-sdk/client-kms';
    import { createLogger } from 'nitro-key-broker/enclave';
    const logger = createLogger({ component: 'app', sink: console.error, now: Date.now });
    const publicKey = new Uint8Array(91);
    const members = { KeyId: 'id', KeyAgreementAlgorithm: 'ECDH', PublicKey: publicKey } as const;
    ${example('README.md', 'createEnclave').replace('({ ... })', '(members)')}
  `,
  'of-a-client.ts': example('docs/broker.md', 'TlsAgent'),
  'with-a-mistake.ts': `${example('docs/broker.md', 'TlsAgent')}\nclient.unheardOf();`,
};

/** What the compiler says of them, and of the types that they use: those of the built dist/. */
function compile(): ReadonlyMap<string, readonly string[]> {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noEmit: true,
    types: ['node'],
  };
  const paths = new Map(Object.entries(programs).map(([name, text]) => [join(root, name), text]));
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (path) => paths.has(path) || fileExists(path);
  host.getSourceFile = (path, version) => {
    const text = paths.get(path);
    return text === undefined
      ? getSourceFile(path, version)
      : ts.createSourceFile(path, text, version);
  };
  const program = ts.createProgram([...paths.keys()], options, host);
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => paths.has(fileName) || fileName.startsWith(join(root, 'dist')));
  return new Map(
    ours.map((file) => [
      file.fileName.slice(root.length + 1),
      [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
        ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
      ),
    ]),
  );
}

describe('nitro-key-broker/enclave, for a program of its users', () => {
  let messages: ReturnType<typeof compile>;
  beforeAll(() => {
    messages = compile();
  });

  it('has the types of the example in README', () => {
    expect(messages.get('of-the-readme.ts')).toEqual([]);
  });

  it('has all that a client of their own needs, as docs/broker.md has it', () => {
    expect(messages.get('of-a-client.ts')).toEqual([]);
    expect(messages.get('with-a-mistake.ts')).toHaveLength(1);
  });

  it('has types without errors of their own', () => {
    const types = [...messages].filter(([name]) => name.startsWith('dist'));
    expect(types.map(([name]) => name)).toContain('dist/enclave/index.d.ts');
    expect(types.filter(([, said]) => said.length > 0)).toEqual([]);
  });
});
