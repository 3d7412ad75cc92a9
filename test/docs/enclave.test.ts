import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeEffectiveConfig } from '../../enclave/config/effective.ts';
import { parseEnclaveConfig } from '../../enclave/config.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'enclave.md'), 'utf8');
const [yaml = ''] = page.match(/(?<=^```yaml\n).*?(?=^```)/ms) ?? [];
const config = parseEnclaveConfig(yaml);

describe('the page on the broker in an enclave', () => {
  it('shows a configuration for production', () => {
    expect(config).toMatchObject({ profile: 'production', callers: [{ name: 'app' }] });
  });

  it('names every member of the configuration', () => {
    const members = Object.keys(JSON.parse(encodeEffectiveConfig(config)));
    const rows = [...page.matchAll(/^\| (`.*?) \|/gm)].map(([, names]) => names).join(' ');
    const named = [...rows.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(named.filter((name) => name !== 'profile').sort()).toEqual(
      [...new Set([...members, 'nsm'])].filter((name) => name !== 'profile').sort(),
    );
  });

  it('uses the endpoint and the key that it configures', () => {
    expect(page).toContain('AWS_ENDPOINT_URL_KMS=http://127.0.0.1:440');
    expect(page).toContain(`--key-id ${config.keys['customer-data']?.arn}`);
    expect(page).toContain(`AWS_SHARED_CREDENTIALS_FILE=${config.callers[0]?.credentialsFile}`);
  });
});
