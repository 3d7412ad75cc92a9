import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { buildInspectorPage } from '../../scripts/inspector-page.ts';

/** Debian's. playwright-core brings no browser of its own. */
const CHROMIUM = '/usr/bin/chromium';

export const chromiumIsThere = existsSync(CHROMIUM);

export interface InspectorBrowser {
  /** Opens the page anew and keeps a record of what it asks for and complains about. */
  open(viewport?: { width: number; height: number }): Promise<OpenedPage>;
  close(): Promise<void>;
}

export interface OpenedPage {
  readonly page: Page;
  readonly url: string;
  /** Addresses of every request, the page's own first. */
  readonly requests: readonly string[];
  /** Console output, uncaught errors and violations of the content security policy. */
  readonly complaints: readonly string[];
}

/** Builds the inspector and starts a Chromium with an empty profile that opens it from disk. */
export async function startInspectorBrowser(): Promise<InspectorBrowser> {
  const directory = mkdtempSync(join(tmpdir(), 'nkb-inspector-'));
  const file = join(directory, 'inspector.html');
  writeFileSync(file, await buildInspectorPage(join(import.meta.dirname, '..', '..')));
  const url = pathToFileURL(file).href;
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
    open: (viewport = { width: 1400, height: 1000 }) => openPage(context, url, viewport),
    async close() {
      await context.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function openPage(
  context: BrowserContext,
  url: string,
  viewport: { width: number; height: number },
): Promise<OpenedPage> {
  const page = await context.newPage();
  await page.setViewportSize(viewport);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, url, requests, complaints };
}
