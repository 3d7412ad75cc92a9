import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { buildInspectorPage } from '../../scripts/inspector-page.ts';
import { startChromium } from './chromium.ts';

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
  const { context, directory, close } = await startChromium();
  const file = join(directory, 'inspector.html');
  writeFileSync(file, await buildInspectorPage(join(import.meta.dirname, '..', '..')));
  const url = pathToFileURL(file).href;
  return {
    open: (viewport = { width: 1400, height: 1000 }) => openPage(context, url, viewport),
    close,
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
