import { KMSServiceException } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../enclave/api/problem.ts';
import {
  ConfigError,
  FormatError,
  KmsError,
  NsmError,
  PolicyError,
  ReadinessError,
  TransportError,
  UnwrapError,
  VerificationError,
} from '../../../shared/errors.ts';
import { KmsServiceError } from '../../../shared/kms/index.ts';

const kmsException = (name: string, httpStatusCode?: number) =>
  new KMSServiceException({
    name,
    $fault: 'client',
    message: 'the words of KMS',
    $metadata: httpStatusCode === undefined ? {} : { httpStatusCode },
  });
const fastifyError = (code: string, statusCode: number) =>
  Object.assign(new Error('the words of fastify'), { code, statusCode });

describe('problem details', () => {
  it.each<[status: number, code: string, error: unknown]>([
    [400, 'BASE64_SYNTAX', new FormatError('BASE64_SYNTAX', 'what is wrong')],
    [404, 'API_ROUTE', new FormatError('API_ROUTE', 'what is wrong')],
    [415, 'API_MEDIA_TYPE', new FormatError('API_MEDIA_TYPE', 'what is wrong')],
    [413, 'API_BODY_TOO_LARGE', new FormatError('API_BODY_TOO_LARGE', 'what is wrong')],
    [403, 'CALLER_DENIED', new PolicyError('CALLER_DENIED', 'what is wrong')],
    [403, 'KEY_OPERATION', new PolicyError('KEY_OPERATION', 'what is wrong')],
    [403, 'KEY_UNKNOWN', new PolicyError('KEY_UNKNOWN', 'what is wrong')],
    [403, 'KEY_CONTEXT', new PolicyError('KEY_CONTEXT', 'what is wrong')],
    [
      403,
      'TRANSPORT_FOREIGN_REQUEST',
      new TransportError('TRANSPORT_FOREIGN_REQUEST', 'what is wrong'),
    ],
    [
      401,
      'InvalidSignatureException',
      new KmsServiceError('InvalidSignatureException', 'what is wrong'),
    ],
  ])('say of a request, with %i %s, what is wrong with it', (status, code, error) => {
    expect(problemOf(error)).toEqual({
      status,
      title: expect.stringMatching(/^[A-Z]/),
      code,
      detail: 'what is wrong',
    });
  });

  it.each<[status: number, code: string, error: unknown]>([
    [500, 'CONFIG_INVALID', new ConfigError('CONFIG_INVALID', 'inside')],
    [500, 'COSE_SIGNATURE', new VerificationError('COSE_SIGNATURE', 'inside')],
    [502, 'CMS_STRUCTURE', new FormatError('CMS_STRUCTURE', 'inside')],
    [502, 'KMS_OTHER_KEY', new KmsError('KMS_OTHER_KEY', 'inside')],
    [502, 'UNWRAP_FAILED', new UnwrapError('UNWRAP_FAILED', 'inside')],
    [503, 'NSM_QUEUE_FULL', new NsmError('NSM_QUEUE_FULL', 'inside')],
    [503, 'READY_CLOCK', new ReadinessError('READY_CLOCK', 'inside')],
    [503, 'TRANSPORT_REFUSED', new TransportError('TRANSPORT_REFUSED', 'inside')],
    [504, 'TRANSPORT_TIMEOUT', new TransportError('TRANSPORT_TIMEOUT', 'inside')],
    [502, 'DisabledException', kmsException('DisabledException', 400)],
    [502, 'NotFoundException', kmsException('NotFoundException')],
    [503, 'ThrottlingException', kmsException('ThrottlingException', 400)],
    [503, 'DependencyTimeoutException', kmsException('DependencyTimeoutException', 503)],
    [500, 'INTERNAL', new Error('inside')],
    [500, 'INTERNAL', fastifyError('FST_ERR_DEC_MISSING_DEPENDENCY', 500)],
    [500, 'INTERNAL', Object.assign(new Error('inside'), { statusCode: 400 })],
    [500, 'INTERNAL', 'inside'],
    [500, 'INTERNAL', undefined],
  ])('say of what is behind no more than %i %s', (status, code, error) => {
    expect(problemOf(error)).toEqual({ status, title: expect.stringMatching(/^[A-Z]/), code });
  });

  it.each([
    ['FST_ERR_CTP_BODY_TOO_LARGE', 413, 413, 'API_BODY_TOO_LARGE'],
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 415, 415, 'API_MEDIA_TYPE'],
    ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 400, 400, 'API_BODY'],
    ['FST_ERR_BAD_URL', 400, 404, 'API_ROUTE'],
  ])('give %s a code of this product', (code, statusCode, status, own) => {
    const problem = problemOf(fastifyError(code, statusCode));
    expect(problem).toMatchObject({ status, code: own });
    expect(problem.detail).not.toContain('fastify');
  });
});
