import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

/** Debian's. playwright-core brings no browser of its own. */
const CHROMIUM = '/usr/bin/chromium';

export const chromiumIsThere = existsSync(CHROMIUM);

export interface StartedChromium {
  readonly context: BrowserContext;
  /** A folder of its own, removed at the end. */
  readonly directory: string;
  close(): Promise<void>;
}

/** Starts a Chromium with an empty profile. */
export async function startChromium(): Promise<StartedChromium> {
  const directory = mkdtempSync(join(tmpdir(), 'nkb-chromium-'));
  const context = await chromium.launchPersistentContext(join(directory, 'profile'), {
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    context,
    directory,
    async close() {
      await context.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
