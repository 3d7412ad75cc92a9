import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALLOWED_FIELDS, allowFields } from '../../../enclave/logs/allowed-fields.ts';
import { TransportError } from '../../../shared/errors.ts';
import { errorFields, type LogFields } from '../../../shared/log.ts';
import { recordLog } from '../../support/log-recorder.ts';

const written = (fields: LogFields) => {
  const log = recordLog();
  allowFields(log).warn('event', fields);
  return log.entries[0]?.fields;
};

describe('a line that leaves the enclave', () => {
  it('has the fields of the list, and how many others there were', () => {
    const fields = { code: 'TLS_REFUSED', operation: 'Decrypt', ok: false, count: 7, offsetMs: -3 };
    expect(written(fields)).toEqual(fields);
    expect(written({ ...fields, plaintext: 'x', body: 'y' })).toEqual({ ...fields, leftOut: 2 });
  });

  it('has no messages: only the code of an error', () => {
    const error = new TransportError('TRANSPORT_LOST', 'broke after s3cret');
    expect(written(errorFields(error))).toEqual({ code: 'TRANSPORT_LOST', leftOut: 1 });
  });

  it.each([
    ['white space', 'a b'],
    ['a line end', 'a\nb'],
    ['a letter beyond ASCII', 'straße'],
    ['more than 256 characters', 'x'.repeat(257)],
    ['nothing', ''],
  ])('has no value with %s, whatever its field', (_what, value) => {
    expect(written({ code: value })).toEqual({ leftOut: 1 });
  });

  it('lets nothing else out, whatever it is given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())), (fields) => {
        for (const name of Object.keys(written(fields) ?? {})) {
          expect(name === 'leftOut' || ALLOWED_FIELDS.has(name)).toBe(true);
        }
      }),
    );
  });

  it('keeps its level and event', () => {
    const log = recordLog();
    const logger = allowFields(log);
    logger.info('a');
    logger.warn('b', { code: undefined });
    logger.error('c', { ok: true });
    expect(log.entries).toEqual([
      { level: 'info', event: 'a', fields: {} },
      { level: 'warn', event: 'b', fields: {} },
      { level: 'error', event: 'c', fields: { ok: true } },
    ]);
  });
});
