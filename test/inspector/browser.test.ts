import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueDocument } from '../../scripts/fixtures/attestation-authority.ts';
import {
  documentWith,
  enclavePcrs,
  levels,
  nonce,
  tpmDocumentWith,
  tpmPcrs,
} from '../../scripts/fixtures/attestation-documents.ts';
import { encodeBase64, encodeHex } from '../../shared/encoding.ts';
import { chromiumIsThere } from '../support/chromium.ts';
import { type InspectorBrowser, startInspectorBrowser } from '../support/inspector-browser.ts';

const recorded = join(import.meta.dirname, '..', '..', 'fixtures', 'recorded');
const name = 'nitro-20250916-us-east-1-b1086cbb';
const genuine = new Uint8Array(readFileSync(join(recorded, `${name}.cose`)));
const measurements = readFileSync(join(recorded, `${name}.measurements.json`), 'utf8');

const pem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${encodeBase64(der)}\n-----END CERTIFICATE-----\n`;

async function expectHistoric(page: Page, expected = measurements): Promise<void> {
  await page.fill('#measurements', expected);
  await page.check('#nonce-waived');
  await page.fill('#waiver', 'an archived document');
  await page.check('#clock-historic');
}

async function judge(page: Page): Promise<string> {
  await page.click('button[type=submit]');
  await page.waitForSelector('#checks');
  return page.innerText('#verdict');
}

const where = chromiumIsThere ? 'in Chromium' : 'in Chromium (skipped: there is no Chromium here)';

describe.skipIf(!chromiumIsThere)(`the inspector, ${where}`, () => {
  let browser: InspectorBrowser;
  beforeAll(async () => {
    browser = await startInspectorBrowser();
  });
  afterAll(() => browser.close());

  it('shows a genuine document and says that nothing was judged', async () => {
    const { page } = await browser.open();
    await page.fill('#document-text', encodeBase64(genuine));
    const verdict = await page.innerText('#verdict');
    expect(verdict).toContain('Not judged');
    expect(verdict).toMatch(/Measurements:[\s\S]*Nonce:[\s\S]*Time:/);
    expect(await page.innerText('#document')).toContain('i-02447a481344e9ec0-enc0199546b533fd5d0');
    expect(await page.locator('.link').count()).toBe(5);
    expect(await page.locator('#checks').count()).toBe(0);
    await page.close();
  });

  it('trusts a genuine document with its measurements, and reaches no network', async () => {
    const { page, url, requests, complaints } = await browser.open();
    await page.fill('#document-text', encodeBase64(genuine));
    await expectHistoric(page);
    const verdict = await judge(page);
    expect(verdict).toContain('Trusted');
    expect(verdict).toContain('Freshness was not established');
    expect(verdict).toContain('an archived document');
    expect(await page.locator('.register.same').count()).toBe(3);
    expect(await page.innerText('#announcement')).toMatch(/^Trusted/);
    expect(requests).toEqual([url]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([
    ['a raw file', Buffer.from(genuine)],
    ['a file of hex', Buffer.from(encodeHex(genuine))],
    ['a file of base64url', Buffer.from(Buffer.from(genuine).toString('base64url'))],
  ])('takes %s', async (_name, buffer) => {
    const { page } = await browser.open();
    await page.setInputFiles('#document-file', {
      name: 'document.cose',
      mimeType: 'application/octet-stream',
      buffer,
    });
    await page.waitForSelector('#document');
    await expectHistoric(page);
    expect(await judge(page)).toContain('Trusted');
    await page.close();
  });

  it('takes a file that is dropped beside the field', async () => {
    const { page } = await browser.open();
    const transfer = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['${encodeHex(genuine)}'], 'dropped.hex'));
      return transfer;
    })()`);
    await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
    await page.waitForSelector('#document');
    expect(await page.innerText('#document-file-name')).toContain('dropped.hex');
    await page.close();
  });

  it.each([
    ['in the signature', genuine.length - 1, 'signature', 'COSE_SIGNATURE'],
    [
      'in the application measurement',
      Buffer.from(genuine).indexOf(Buffer.from('21b9efbc', 'hex')),
      'signature',
      'COSE_SIGNATURE',
    ],
    ['in the envelope', 0, 'envelope.structure', undefined],
  ])('refuses a byte changed %s', async (_name, at, check, code) => {
    const { page } = await browser.open();
    const tampered = Uint8Array.from(genuine);
    tampered[at] = (tampered[at] as number) ^ 1;
    await page.setInputFiles('#document-file', {
      name: 'tampered',
      mimeType: '',
      buffer: Buffer.from(tampered),
    });
    await page.waitForSelector('#verdict');
    await expectHistoric(page);
    const verdict = await judge(page);
    expect(verdict).toContain('Untrusted');
    const failed = page.locator('#checks .check.failed');
    expect(await failed.locator('.ids code').first().textContent()).toBe(check);
    if (code !== undefined) expect(await failed.locator('.code').textContent()).toBe(code);
    await page.close();
  });

  it('shows in words and marks where measurements differ', async () => {
    const { page } = await browser.open();
    await page.fill('#document-text', encodeBase64(genuine));
    await expectHistoric(page, measurements.replace('21b9efbc', '21b9efbd'));
    expect(await judge(page)).toContain('Untrusted');
    const register = page.locator('.register.different');
    expect(await register.innerText()).toMatch(/PCR2[\s\S]*differs/);
    expect(await register.locator('mark').allTextContents()).toEqual(['21b9efbd', '21b9efbc']);
    await page.close();
  });

  it('judges live by the clock: an old document is expired, and the timeline shows both times', async () => {
    const { page } = await browser.open();
    await page.fill('#document-text', encodeBase64(genuine));
    await expectHistoric(page);
    await page.check('#clock-live');
    await page.fill('#max-age', '300');
    expect(await judge(page)).toContain('PATH_EXPIRED');
    expect(await page.locator('.link .marker.judgement-time').count()).toBe(5);
    expect(await page.locator('.link').last().innerText()).toMatch(
      /expired .* before it was judged/,
    );
    await page.close();
  });

  it('judges against a trust anchor of the user, and says so', async () => {
    const { page } = await browser.open();
    const { document, path } = issueDocument(documentWith());
    await page.fill('#document-text', encodeBase64(document));
    await expectHistoric(page, `0=${encodeHex(enclavePcrs.get(0) as Uint8Array)}`);
    await page.check('#nonce-expected');
    await page.fill('#nonce', encodeHex(nonce));
    expect(await judge(page)).toContain('PATH_ROOT');
    await page.click('text=Another trust anchor');
    await page.fill('#trust-anchor', pem(path[0] as Uint8Array));
    const verdict = await judge(page);
    expect(verdict).toContain('Trusted');
    expect(verdict).toContain('not against the root of AWS');
    await page.close();
  });

  it('never takes enclave measurements for those of a NitroTPM instance', async () => {
    const { page } = await browser.open();
    const { document, path } = issueDocument(tpmDocumentWith());
    const four = `4=${encodeHex(tpmPcrs.get(4) as Uint8Array)}`;
    await page.fill('#document-text', encodeBase64(document));
    await expectHistoric(page, four);
    await page.click('text=Another trust anchor');
    await page.fill('#trust-anchor', pem(path[0] as Uint8Array));
    expect(await judge(page)).toContain('POLICY_KIND');
    await page.click('summary:has-text("NitroTPM registers")');
    await page.fill('#tpm-measurements', four);
    expect(await judge(page)).toContain('Trusted');
    await page.close();
  });

  it('withdraws the verdict as soon as an expectation or the document changes', async () => {
    const { page } = await browser.open();
    await page.fill('#document-text', encodeBase64(genuine));
    await expectHistoric(page);
    await judge(page);
    await page.fill('#waiver', 'another reason');
    expect(await page.innerText('#verdict')).toContain('Not judged');
    expect(await page.innerText('#announcement')).toContain('withdrawn');
    await judge(page);
    await page.fill('#document-text', encodeHex(genuine));
    expect(await page.innerText('#verdict')).toContain('Not judged');
    await page.close();
  });

  it('judges nothing while something is missing, and puts the focus there', async () => {
    const { page } = await browser.open();
    await page.fill('#document-text', encodeBase64(genuine));
    await expectHistoric(page);
    await page.fill('#waiver', ' ');
    await page.click('button[type=submit]');
    expect(await page.innerText('#verdict')).toContain('Not judged');
    expect(await page.evaluate('document.activeElement.id')).toBe('waiver');
    expect(await page.getAttribute('#waiver', 'aria-invalid')).toBe('true');
    expect(await page.innerText('#waiver-error')).toContain('reason');
    await page.close();
  });

  it('can be used by keyboard alone', async () => {
    const { page } = await browser.open();
    const type = (text: string) => page.keyboard.insertText(text);
    const tabTo = async (id: string) => {
      for (let presses = 0; presses < 30; presses++) {
        if ((await page.evaluate('document.activeElement.id')) === id) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`Tab does not reach ${id}`);
    };
    await tabTo('document-text');
    await type(encodeBase64(genuine));
    await tabTo('measurements');
    await type(measurements);
    await tabTo('nonce-expected');
    await page.keyboard.press('ArrowDown');
    await tabTo('waiver');
    await type('an archived document');
    await tabTo('clock-live');
    await page.keyboard.press('ArrowDown');
    await tabTo('allow-debug');
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('clock-historic');
    await tabTo('allow-debug');
    for (let presses = 0; presses < 5; presses++) {
      if ((await page.evaluate('document.activeElement.type')) === 'submit') break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.waitForSelector('#checks');
    expect(await page.innerText('#verdict')).toContain('Trusted');
    // Behind the form come the groups of checks, which open by keyboard.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.innerText')).toContain('Envelope');
    await page.keyboard.press('Enter');
    expect(await page.innerText('#checks')).toContain('envelope.size');
    await page.close();
  });

  it('shows a hostile document as text, with what deceives spelled out', async () => {
    const { page, url, requests, complaints } = await browser.open({ width: 380, height: 800 });
    const attack = '<img src=x onerror=alert(1)>\u202egpj.\u0007\u200b';
    const name = [['2.5.4.3', attack + 'x'.repeat(120)]] as const;
    const { document } = issueDocument(
      documentWith({
        fields: { module_id: attack + 'm'.repeat(9000) },
        certificates: Object.fromEntries(
          levels.map((level) => [level, { subject: name, issuer: name }]),
        ),
      }),
    );
    await page.fill('#document-text', encodeBase64(document));
    await expectHistoric(page);
    await judge(page);
    expect(await page.locator('img').count()).toBe(0);
    const shown = (await page.textContent('#results')) as string;
    expect(shown).toContain('<img src=x onerror=alert(1)>\\u202egpj.\\u0007\\u200b');
    expect(['\u202e', '\u0007', '\u200b'].filter((character) => shown.includes(character))).toEqual(
      [],
    );
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(380);
    expect(requests).toEqual([url]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([
    ['markup made of text', "document.body.innerHTML = '<b>x</b>'"],
    ['another script', "document.createElement('script').text = 'x'"],
    ['a request', 'fetch(location.href)'],
    ['a request to elsewhere', "fetch('https://127.0.0.1:9/')"],
  ])('refuses %s, were there a hole for it', async (_name, attempt) => {
    const { page, url, requests } = await browser.open();
    await expect(page.evaluate(attempt)).rejects.toThrow();
    expect(requests).toEqual([url]);
    await page.close();
  });

  it('clears everything at once', async () => {
    const { page } = await browser.open();
    await page.fill('#document-text', encodeBase64(genuine));
    await expectHistoric(page);
    await judge(page);
    await page.fill('#measurements', '0=12');
    await page.click('button[type=submit]');
    await page.waitForSelector('#measurements-error:visible');
    await page.click('button[type=reset]');
    await page.waitForSelector('#empty:visible');
    expect(await page.isVisible('#measurements-error')).toBe(false);
    expect(await page.innerText('#results')).toBe('');
    expect(await page.inputValue('#measurements')).toBe('');
    await page.close();
  });

  it.each([380, 1400])('fits %d pixels without scrolling sideways', async (width) => {
    const { page } = await browser.open({ width, height: 900 });
    await page.fill('#document-text', encodeBase64(genuine));
    await expectHistoric(page);
    await judge(page);
    for (const summary of await page.locator('summary').all()) {
      if (!(await summary.evaluate('node => node.parentElement.open'))) await summary.click();
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await page.close();
  });
});
