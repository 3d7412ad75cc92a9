import * as kms from '@aws-sdk/client-kms';
import { Counter, Histogram, Registry } from 'prom-client';
import * as codeTables from '../../shared/error-codes.ts';
import { CALLER_OPERATIONS } from '../config/callers.ts';
import type { EnclaveMetrics } from '../metrics.ts';
import type { MetricsText } from './metrics-route.ts';

/** What stands for a value that is not in the closed set of its label. */
const OTHER = 'other';

const OPERATIONS = new Set<string>([...CALLER_OPERATIONS, 'GenerateRandom']);

/** Of AWS in general: the models of services do not list them. */
const COMMON_EXCEPTIONS = [
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'SerializationException',
  'ThrottlingException',
  'UnknownOperationException',
  'UnrecognizedClientException',
  'ValidationException',
];

const OUTCOMES = new Set<string>([
  'ok',
  'INTERNAL',
  ...Object.values(codeTables).flatMap((table) => Object.keys(table)),
  ...COMMON_EXCEPTIONS,
  ...Object.keys(kms).filter((name) => name.endsWith('Exception')),
]);

/** A call takes a few milliseconds near KMS, and its time-out at most. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface PrometheusMetricsOptions {
  /** The names of the configured callers: any other counts as `other`. */
  readonly callers: readonly string[];
}

/**
 * Counts in a registry of its own.
 *
 * Every label has a closed set of values, so that no text of a request, an answer or an error can
 * become one: what is not in the set counts as `other`.
 */
export function createPrometheusMetrics(
  options: PrometheusMetricsOptions,
): EnclaveMetrics & MetricsText {
  const registry = new Registry();
  const registers = [registry];
  const kmsCalls = new Counter({
    name: 'nitro_key_broker_kms_calls_total',
    help: 'Calls to KMS, by how they ended.',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const kmsSeconds = new Histogram({
    name: 'nitro_key_broker_kms_call_seconds',
    help: 'How long calls to KMS took.',
    labelNames: ['operation'],
    buckets: SECONDS,
    registers,
  });
  const callerCalls = new Counter({
    name: 'nitro_key_broker_caller_calls_total',
    help: 'Calls of programs in the enclave, over the endpoint and the API.',
    labelNames: ['caller', 'operation', 'outcome'],
    registers,
  });
  const documents = new Counter({
    name: 'nitro_key_broker_documents_total',
    help: 'Documents asked of the secure module, by what they are for.',
    labelNames: ['purpose', 'outcome'],
    registers,
  });
  const linesDropped = new Counter({
    name: 'nitro_key_broker_log_lines_dropped_total',
    help: 'Log lines that nobody took.',
    registers,
  });
  const callers = new Set(options.callers);
  return {
    kmsCall(operation, outcome, milliseconds) {
      const labels = { operation: among(OPERATIONS, operation) };
      kmsCalls.inc({ ...labels, outcome: among(OUTCOMES, outcome) });
      kmsSeconds.observe(labels, milliseconds / 1000);
    },
    callerCall(caller, operation, outcome) {
      callerCalls.inc({
        caller: among(callers, caller),
        operation: among(OPERATIONS, operation),
        outcome: among(OUTCOMES, outcome),
      });
    },
    document: (purpose, outcome) => documents.inc({ purpose, outcome: among(OUTCOMES, outcome) }),
    logDropped: () => linesDropped.inc(),
    text: () => registry.metrics(),
  };
}

function among(values: ReadonlySet<string>, value: string): string {
  return values.has(value) ? value : OTHER;
}
