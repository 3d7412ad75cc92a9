import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { BenchCase } from './measure.ts';

const program = join(import.meta.dirname, '..', '..', 'bench', 'nitrite', 'main.go');

export interface NitriteOptions {
  /** The `go` command. */
  readonly go: string;
  /** A checkout of hf/nitrite, whose dependencies are in Go's module cache. */
  readonly sources: string;
  readonly documentFile: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/** Go's hf/nitrite in a process of its own, which is told how often to verify. It has no cache. */
export async function startNitrite(
  options: NitriteOptions,
): Promise<{ readonly benchCase: BenchCase; stop(): void }> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-nitrite-'));
  try {
    const child = spawn(buildProgram(directory, options), [
      options.documentFile,
      String(options.time),
    ]);
    child.stderr.pipe(process.stderr);
    await once(child, 'spawn');
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      benchCase: {
        name: "Go's hf/nitrite (not cached)",
        elsewhere: true,
        async run(count) {
          child.stdin.write(`${count}\n`);
          const { value } = await answers.next();
          if (value !== 'done') throw new Error('hf/nitrite did not verify the document');
        },
      },
      stop: () => child.stdin.end(),
    };
  } finally {
    // The program runs on without its file.
    rmSync(directory, { recursive: true });
  }
}

function buildProgram(directory: string, { go, sources }: NitriteOptions): string {
  copyFileSync(program, join(directory, 'main.go'));
  writeFileSync(
    join(directory, 'go.mod'),
    `module bench

go 1.18

require github.com/hf/nitrite v0.0.0

replace github.com/hf/nitrite => ${resolve(sources)}
`,
  );
  const sums = join(sources, 'go.sum');
  if (existsSync(sums)) copyFileSync(sums, join(directory, 'go.sum'));
  execFileSync(go, ['build', '-mod=mod', '-o', 'verify', '.'], { cwd: directory });
  return join(directory, 'verify');
}
