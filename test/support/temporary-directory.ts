import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of this test's own, with a path short enough for Unix sockets; removed afterwards. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'nkb-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
