import { describe, expect, it } from 'vitest';
import { openEnclaveLog } from '../../../enclave/logs/loggers.ts';

function log(profile: 'production' | 'development'): object {
  const lines: string[] = [];
  const { logger } = openEnclaveLog({
    config: { profile },
    stderr: (line) => lines.push(line),
    now: () => 0,
    metrics: { logDropped: () => undefined },
  });
  logger.warn('failed', { code: 'TLS_REFUSED', message: 'of whom and why' });
  return JSON.parse(lines.join()) as object;
}

describe('standard error of an enclave', () => {
  const line = {
    time: '1970-01-01T00:00:00.000Z',
    level: 'warn',
    component: 'enclave',
    event: 'failed',
    code: 'TLS_REFUSED',
  };

  it('has every field in development', () => {
    expect(log('development')).toEqual({ ...line, message: 'of whom and why' });
  });

  it('has the fields of the list in production', () => {
    expect(log('production')).toEqual({ ...line, leftOut: 1 });
  });
});
