import { chmodSync, chownSync, lchownSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkCredentialsDirectory } from '../../../enclave/callers/credentials-directory.ts';
import { writeCredentialsFile } from '../../../enclave/callers/credentials-file.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const CALLER = 4321;
const STRANGER = 4322;
const self = process.getuid?.() ?? 0;

/** `top/credentials`, each with the mode given. */
function directories({ top = 0o755, own = 0o755 }): { top: string; own: string } {
  const paths = { top: temporaryDirectory(), own: '' };
  paths.own = join(paths.top, 'credentials');
  mkdirSync(paths.own);
  chmodSync(paths.own, own);
  chmodSync(paths.top, top);
  return paths;
}

const check = (directory: string) => checkCredentialsDirectory(directory, [self, CALLER]);
const refused = expect.objectContaining({ code: 'CALLER_FILE_DIRECTORY' });

describe('the directory of a credentials file', () => {
  it.each([
    ['that others read', { own: 0o755 }],
    ['that others write to under the sticky bit', { own: 0o1777 }],
    ['below one that others write to under the sticky bit', { top: 0o1777 }],
  ])('is one %s', async (_what, modes) => {
    await check(directories(modes).own);
  });

  it.each([
    ['others write to', { own: 0o757 }],
    ['a group writes to', { own: 0o775 }],
    ['others can put another in the place of', { top: 0o777 }],
  ])('is none that %s', async (_what, modes) => {
    await expect(check(directories(modes).own)).rejects.toEqual(refused);
  });

  it.runIf(self === 0)("may be the caller's, and nobody else's", async () => {
    const { own } = directories({});
    chownSync(own, CALLER, CALLER);
    await check(own);
    chownSync(own, STRANGER, STRANGER);
    await expect(check(own)).rejects.toEqual(refused);
  });

  it('is where a link leads to as well', async () => {
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(directories({}).own, link);
    await check(link);
    const other = join(temporaryDirectory(), 'link');
    symlinkSync(directories({ own: 0o777 }).own, other);
    await expect(check(other)).rejects.toEqual(refused);
  });

  it.runIf(self === 0)('is not behind a link that a stranger can lead elsewhere', async () => {
    const link = join(directories({ own: 0o1777 }).own, 'link');
    symlinkSync(directories({}).own, link);
    lchownSync(link, STRANGER, STRANGER);
    await expect(check(link)).rejects.toEqual(refused);
  });

  it('is looked at before there is anything in the file, and left as it was', async () => {
    const { own } = directories({ own: 0o777 });
    const credentials = { accessKeyId: 'NKBA', secretAccessKey: 'secret' };
    const file = { path: join(own, 'app'), uid: self };
    await expect(
      writeCredentialsFile({ ...file, accessKey: { id: 'NKBA', credentials } }),
    ).rejects.toEqual(refused);
    expect(readdirSync(own)).toEqual([]);
  });
});
