// What Dockerfile.enclave puts into an image, without a container: the broker must start from that alone.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const project = join(import.meta.dirname, '..', '..');
const dockerfile = readFileSync(join(project, 'Dockerfile.enclave'), 'utf8');
const steps = dockerfile
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({
    instruction: line.split(' ')[0],
    argument: line.slice(line.indexOf(' ') + 1),
  }));
const argumentsOf = (name: string) =>
  steps.filter(({ instruction }) => instruction === name).map(({ argument }) => argument);
const removed = argumentsOf('RUN')
  .filter((argument) => argument.startsWith('rm -r '))
  .flatMap((argument) => argument.split(' ').slice(2));

/** The working directory of the image. */
function layOutImage(directory: string): void {
  cpSync(join(project, 'dist'), join(directory, 'dist'), { recursive: true });
  for (const path of removed) rmSync(join(directory, path), { recursive: true });
  cpSync(join(project, 'package.json'), join(directory, 'package.json'));
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(lock.packages)) {
    const isTop = path.startsWith('node_modules/') && !path.slice(13).includes('node_modules/');
    if (!isTop || dev === true || !existsSync(join(project, path))) continue;
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    symlinkSync(join(project, path), join(directory, path));
  }
}

describe('Dockerfile.enclave', () => {
  it('removes only what a build makes', () => {
    expect(removed.length).toBeGreaterThan(0);
    for (const path of removed) expect(existsSync(join(project, path)), path).toBe(true);
  });

  it('starts the broker from the configuration that it has judged', () => {
    const [entry = '[]'] = argumentsOf('ENTRYPOINT');
    const judged = argumentsOf('RUN').find((argument) => argument.includes('--check')) ?? '[]';
    expect(JSON.parse(judged)).toEqual([...JSON.parse(entry), '--check']);
    expect(argumentsOf('COPY').at(-1)).toBe(`\${CONFIG} ${JSON.parse(entry).at(-1)}`);
  });

  it('leaves all that the broker loads, up to its refusal of a machine without a secure module', () => {
    const directory = temporaryDirectory();
    layOutImage(directory);
    const config = join(directory, 'enclave.yaml');
    writeFileSync(
      config,
      JSON.stringify({
        kms: { region: 'eu-west-1', proxy: 'vsock://3:8000' },
        credentials: 'vsock://3:8001',
        nsm: { device: join(directory, 'no-nsm') },
        selfTest: { operation: 'none' },
      }),
    );
    const run = (...args: string[]) => {
      try {
        execFileSync(
          process.execPath,
          ['dist/cli/main.js', 'enclave', '--config', config, ...args],
          {
            cwd: directory,
            env: { PATH: process.env.PATH },
            encoding: 'utf8',
            stdio: 'pipe',
          },
        );
        return { status: 0, stderr: '' };
      } catch (error) {
        return error as { status: number; stderr: string };
      }
    };
    expect(run('--check')).toMatchObject({ status: 0 });
    const started = run();
    expect(started.stderr).toContain('NSM_DEVICE_UNAVAILABLE');
    expect(started.status).toBe(3);
  });
});
