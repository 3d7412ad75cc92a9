import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../cli/command.ts';
import { readInput } from '../../cli/input.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

describe('readInput', () => {
  const stdin = () => Readable.from([Buffer.from('ab'), Buffer.from('cd')]);

  it.each([[undefined], ['-']])('reads standard input for %s', async (path) => {
    const { bytes } = await readInput(path, { stdin: stdin() }, { maxBytes: 4 });
    expect(bytes).toEqual(ascii('abcd'));
  });

  it('reads a file', async () => {
    const path = join(temporaryDirectory(), 'input');
    writeFileSync(path, 'abcd');
    const { bytes } = await readInput(path, { stdin: stdin() }, { maxBytes: 4 });
    expect(bytes).toEqual(ascii('abcd'));
  });

  it('refuses what is longer than the cap, without reading on', async () => {
    let produced = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          produced++;
          yield Buffer.alloc(1024);
        }
      })(),
    );
    const reading = readInput('-', { stdin: endless }, { maxBytes: 4096 });
    await expect(reading).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE' });
    expect(produced).toBeLessThan(100);
  });

  it.each([
    ['a missing file', 'missing'],
    ['a directory', ''],
  ])('calls %s a matter of the environment', async (_name, name) => {
    const path = join(temporaryDirectory(), name);
    const reading = readInput(path, { stdin: stdin() }, { maxBytes: 4 });
    await expect(reading).rejects.toBeInstanceOf(EnvironmentError);
  });
});
