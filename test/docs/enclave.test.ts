import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkPermitted, permissionsOf } from '../../enclave/callers/permissions.ts';
import { CALLER_OPERATIONS } from '../../enclave/config/callers.ts';
import { encodeEffectiveConfig } from '../../enclave/config/effective.ts';
import { parseEnclaveConfig } from '../../enclave/config.ts';
import { ENDPOINT_OPERATIONS, isEndpointOperation } from '../../enclave/endpoint/operations.ts';
import { codeOf } from '../support/codes.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'enclave.md'), 'utf8');
const [yaml = '', contexts = ''] = page.match(/(?<=^```yaml\n).*?(?=^```)/gms) ?? [];
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

  it('says which operations have an encryption context, and which have none', () => {
    const [, having, lacking] =
      /^(Decrypt, .*?) have an encryption context\.(.*?) have none\./ms.exec(page) ?? [];
    const named = (text = '') => [...text.matchAll(/[A-Z]\w+/g)].map(([name]) => name);
    const hasContext = (name: string) =>
      isEndpointOperation(name) && 'EncryptionContext' in ENDPOINT_OPERATIONS[name];
    const operations = [...CALLER_OPERATIONS].sort();
    expect(named(having)).toEqual(operations.filter(hasContext));
    expect(named(lacking)).toEqual(operations.filter((name) => !hasContext(name)));
  });

  it('shows how to permit what a required encryption context denies', () => {
    const { keys, callers } = parseEnclaveConfig(
      `kms: { region: eu-west-1, proxy: "vsock://3:8000" }\ncredentials: vsock://3:8001\n${contexts}`,
    );
    const [caller] = callers;
    if (caller === undefined) throw new Error('the page shows no caller');
    const permissions = permissionsOf(caller, keys);
    const keyArn = keys['customer-data']?.arn;
    const encryptionContext = new Map([['purpose', 'customer-data']]);
    const codeFor = (operation: string, more = {}) =>
      codeOf(() => checkPermitted(permissions, { operation, keyArn, ...more }));
    expect(codeFor('DescribeKey')).toBeUndefined();
    expect(codeFor('Decrypt', { encryptionContext })).toBeUndefined();
    expect(codeFor('Decrypt')).toBe('CALLER_ENCRYPTION_CONTEXT');
  });
});
