import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeServiceError,
  KmsServiceError,
  parseServiceError,
} from '../../../shared/kms/index.ts';

describe('encodeServiceError', () => {
  it.each([
    ['NotFoundException', 'Key is gone', '{"__type":"NotFoundException","message":"Key is gone"}'],
    ['AccessDeniedException', 'no', '{"__type":"AccessDeniedException","Message":"no"}'],
    ['InvalidCiphertextException', undefined, '{"__type":"InvalidCiphertextException"}'],
  ])('writes %s as the service does', (type, message, body) => {
    expect(encodeServiceError(new KmsServiceError(type, message))).toBe(body);
  });

  it('answers 400 unless stated otherwise', () => {
    expect(new KmsServiceError('DryRunOperationException').statusCode).toBe(400);
    expect(
      new KmsServiceError('KMSInternalException', undefined, { statusCode: 500 }),
    ).toMatchObject({ statusCode: 500 });
  });
});

describe('parseServiceError', () => {
  it.each([
    ['{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}', 'no'],
    ['{"__type":"AccessDeniedException","message":"no"}', 'no'],
    ['{"__type":"AccessDeniedException"}', undefined],
    ['{"__type":"AccessDeniedException","message":7}', undefined],
  ])('reads %s', (body, wireMessage) => {
    expect(parseServiceError(400, body)).toMatchObject({
      type: 'AccessDeniedException',
      statusCode: 400,
      wireMessage,
    });
  });

  it.each([
    ['<html>Bad gateway</html>'],
    ['null'],
    ['[]'],
    ['{}'],
    ['{"__type":7}'],
    ['{"__type":"a#"}'],
    ['{"__type":"two words"}'],
    [`{"__type":"${'A'.repeat(129)}"}`],
    [`{"__type":"NotFoundException","message":"${'A'.repeat(65_536)}"}`],
    ['{"__proto__":{"__type":"NotFoundException"}}'],
  ])('takes %.40s for no error of the service', (body) => {
    expect(parseServiceError(502, body)).toBeUndefined();
  });

  it('keeps the request id of the answer', () => {
    const body = '{"__type":"NotFoundException"}';
    expect(parseServiceError(400, body, 'request-1')?.requestId).toBe('request-1');
    expect(parseServiceError(400, body)?.requestId).toBeUndefined();
  });

  it('reads back what encodeServiceError wrote', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('AccessDeniedException', 'NotFoundException', 'TagException'),
        fc.option(fc.string(), { nil: undefined }),
        (type, message) => {
          const error = new KmsServiceError(type, message);
          expect(parseServiceError(400, encodeServiceError(error))).toMatchObject({ ...error });
        },
      ),
    );
  });

  it('answers any text with an error or undefined', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const error = parseServiceError(400, body);
        expect(error === undefined || error instanceof KmsServiceError).toBe(true);
      }),
    );
  });
});
