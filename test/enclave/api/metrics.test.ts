import { KMSInvalidStateException } from '@aws-sdk/client-kms';
import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createPrometheusMetrics } from '../../../enclave/api/index.ts';

const create = () => createPrometheusMetrics({ callers: ['app'] });

/** The samples whose value is not zero, without comments and buckets. */
async function samples(metrics: ReturnType<typeof create>): Promise<readonly string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line !== '' && !/^#|_bucket|_sum| 0$/.test(line));
}

describe('Prometheus metrics', () => {
  it('count what is reported', async () => {
    const metrics = create();
    metrics.kmsCall('Decrypt', 'ok', 20);
    metrics.kmsCall('Decrypt', 'ok', 30);
    metrics.callerCall('app', 'DeriveKey', 'CALLER_DENIED');
    metrics.document('client', 'NSM_QUEUE_FULL');
    metrics.document('recipient', 'ok');
    metrics.logDropped();
    expect(await samples(metrics)).toEqual([
      'nitro_key_broker_kms_calls_total{operation="Decrypt",outcome="ok"} 2',
      'nitro_key_broker_kms_call_seconds_count{operation="Decrypt"} 2',
      'nitro_key_broker_caller_calls_total{caller="app",operation="DeriveKey",outcome="CALLER_DENIED"} 1',
      'nitro_key_broker_documents_total{purpose="client",outcome="NSM_QUEUE_FULL"} 1',
      'nitro_key_broker_documents_total{purpose="recipient",outcome="ok"} 1',
      'nitro_key_broker_log_lines_dropped_total 1',
    ]);
  });

  it('measure time in seconds', async () => {
    const metrics = create();
    metrics.kmsCall('Decrypt', 'ok', 20);
    const text = await metrics.text();
    expect(text).toContain('nitro_key_broker_kms_call_seconds_sum{operation="Decrypt"} 0.02\n');
    expect(text).toContain('_bucket{le="0.01",operation="Decrypt"} 0\n');
    expect(text).toContain('_bucket{le="0.025",operation="Decrypt"} 1\n');
  });

  it.each(['ok', 'TRANSPORT_TIMEOUT', 'AccessDeniedException', KMSInvalidStateException.name])(
    'know the outcome %s',
    async (outcome) => {
      const metrics = create();
      metrics.kmsCall('Decrypt', outcome, 1);
      expect(await metrics.text()).toContain(`outcome="${outcome}"`);
    },
  );

  it('have no label that a text of a request or an error could become', async () => {
    const metrics = create();
    for (let at = 0; at < 1000; at += 1) {
      const text = `TESTONLY"secret\n${at}`;
      metrics.kmsCall(text, text, at);
      metrics.callerCall(text, text, text);
      metrics.document('client', text);
    }
    expect(await metrics.text()).not.toContain('TESTONLY');
    expect(await samples(metrics)).toEqual([
      'nitro_key_broker_kms_calls_total{operation="other",outcome="other"} 1000',
      'nitro_key_broker_kms_call_seconds_count{operation="other"} 1000',
      'nitro_key_broker_caller_calls_total{caller="other",operation="other",outcome="other"} 1000',
      'nitro_key_broker_documents_total{purpose="client",outcome="other"} 1000',
    ]);
  });

  it('are apart from each other, and from the registry of the process', async () => {
    const [one, other] = [create(), create()];
    one.logDropped();
    expect(await samples(one)).toHaveLength(1);
    expect(await samples(other)).toEqual([]);
    expect(register.getMetricsAsArray()).toEqual([]);
  });
});
