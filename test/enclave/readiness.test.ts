import { describe, expect, it } from 'vitest';
import { createReadiness, READINESS_CHECKS } from '../../enclave/readiness.ts';
import { NsmError, ReadinessError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/log.ts';
import { recordLog } from '../support/log-recorder.ts';

const succeed = async (): Promise<void> => undefined;

describe('readiness', () => {
  it('is not there before every check was made', async () => {
    const readiness = createReadiness(silentLogger);
    for (const name of READINESS_CHECKS) {
      expect(readiness.report().ready).toBe(false);
      expect(readiness.report().checks).toContainEqual({
        check: name,
        ok: false,
        code: 'READY_NOT_CHECKED',
      });
      expect(await readiness.check(name, succeed)).toBe(true);
    }
    expect(readiness.report().ready).toBe(true);
  });

  it('is lost when a check fails later, and comes back with it', async () => {
    const readiness = createReadiness(silentLogger);
    for (const name of READINESS_CHECKS) await readiness.check(name, succeed);
    await readiness.check('credentials', async () => {
      throw new Error('secret text');
    });
    expect(readiness.report().ready).toBe(false);
    expect(JSON.stringify(readiness.report())).not.toContain('secret text');
    await readiness.check('credentials', succeed);
    expect(readiness.report().ready).toBe(true);
  });

  it.each([
    [
      'its own code where it has one',
      new ReadinessError('READY_DEBUG_PCRS', 'debug'),
      { code: 'READY_DEBUG_PCRS', message: 'debug' },
    ],
    [
      'the code of the check, and whose error it was',
      new NsmError('NSM_TIMEOUT', 'late'),
      { code: 'READY_DOCUMENT', reason: 'NSM_TIMEOUT', message: 'NSM_TIMEOUT: late' },
    ],
    ['only the name of what is not ours', new TypeError('x'), { message: 'TypeError' }],
    ['nothing of what is no error', 'text', { message: 'unknown' }],
  ])('says of a failure %s', async (_what, failure, expected) => {
    const readiness = createReadiness(silentLogger);
    await readiness.check('document', () => Promise.reject(failure));
    expect(readiness.report().checks[2]).toMatchObject({
      check: 'document',
      ok: false,
      ...expected,
    });
  });

  it('logs what changes, once', async () => {
    const logger = recordLog();
    const readiness = createReadiness(logger);
    await readiness.check('clock', succeed);
    await readiness.check('clock', succeed);
    expect(logger.entries.map(({ event }) => event)).toEqual(['readiness']);
  });

  it('is asked for what cannot wait: its failure is kept, and thrown', async () => {
    const readiness = createReadiness(silentLogger);
    const late = () => Promise.reject(new NsmError('NSM_TIMEOUT', 'late'));
    await expect(readiness.require('document', late)).rejects.toMatchObject({
      name: 'ReadinessError',
      code: 'READY_DOCUMENT',
      message: 'NSM_TIMEOUT: late',
    });
    expect(readiness.report().checks[2]).toMatchObject({ code: 'READY_DOCUMENT' });
    await readiness.require('document', succeed);
  });

  it('ends when the enclave shuts down', async () => {
    const readiness = createReadiness(silentLogger);
    for (const name of READINESS_CHECKS) await readiness.check(name, succeed);
    readiness.close();
    expect(readiness.report()).toMatchObject({ ready: false, closing: true });
  });
});
