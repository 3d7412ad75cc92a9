import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReadiness } from '../../enclave/readiness.ts';
import { supervise } from '../../enclave/supervision.ts';
import { TransportError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const gone = new TransportError('TRANSPORT_REFUSED', 'nobody answers');

function start(
  options: {
    credentials?: () => Promise<void>;
    selfTest?: () => Promise<void>;
    selfTestEveryMs?: number;
  } = {},
) {
  const readiness = createReadiness(silentLogger);
  const credentials = vi.fn(options.credentials ?? (async () => undefined));
  const selfTest = vi.fn(options.selfTest ?? (async () => undefined));
  const clock = vi.fn(async () => undefined);
  const supervision = supervise({
    ...{ readiness, credentials, selfTest, clock },
    selfTestEveryMs: options.selfTestEveryMs,
    random: () => 1,
  });
  const codeOf = (name: string) =>
    readiness.report().checks.find(({ check }) => check === name)?.code;
  return { readiness, supervision, credentials, selfTest, clock, codeOf };
}

describe('an enclave that is up', () => {
  it('is ready when credentials and self-test are there', async () => {
    const { supervision, selfTest, codeOf } = start();
    expect(await supervision.ready).toBe(true);
    expect(selfTest).toHaveBeenCalledOnce();
    expect([codeOf('credentials'), codeOf('self-test')]).toEqual([undefined, undefined]);
  });

  it('waits for its parent, with growing pauses, and asks KMS nothing before', async () => {
    let there = false;
    const { supervision, credentials, selfTest, codeOf } = start({
      credentials: () => (there ? Promise.resolve() : Promise.reject(gone)),
    });
    const attempts: number[] = [];
    for (const second of [0, 1, 2, 4, 8, 16]) {
      await vi.advanceTimersByTimeAsync(second * 1000 - attempts.length);
      attempts.push(credentials.mock.calls.length);
    }
    expect(codeOf('credentials')).toBe('READY_CREDENTIALS');
    expect(codeOf('self-test')).toBe('READY_NOT_CHECKED');
    expect(selfTest).not.toHaveBeenCalled();
    // 0, 0.2, 0.6, 1.4, 3, 6.2, 12.6 and then each 10 s: never more than 10 s late, and no storm.
    expect(credentials.mock.calls.length).toBeLessThan(12);
    there = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await supervision.ready).toBe(true);
  });

  it('waits for KMS', async () => {
    let there = false;
    const { supervision, codeOf } = start({
      selfTest: () => (there ? Promise.resolve() : Promise.reject(gone)),
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(codeOf('self-test')).toBe('READY_SELF_TEST');
    there = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await supervision.ready).toBe(true);
  });

  it('looks at credentials each minute and at the clock every five, and says what is lost', async () => {
    let there = true;
    const { credentials, clock, codeOf } = start({
      credentials: () => (there ? Promise.resolve() : Promise.reject(gone)),
    });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(credentials).toHaveBeenCalledTimes(6);
    expect(clock).toHaveBeenCalledTimes(1);
    there = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(codeOf('credentials')).toBe('READY_CREDENTIALS');
    there = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(codeOf('credentials')).toBeUndefined();
  });

  it('gives up at once when it is stopped', async () => {
    const { supervision, credentials } = start({ credentials: () => Promise.reject(gone) });
    await vi.advanceTimersByTimeAsync(5000);
    supervision.stop();
    expect(await supervision.ready).toBe(false);
    const asked = credentials.mock.calls.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(credentials).toHaveBeenCalledTimes(asked);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the self-test of an enclave that was ready', () => {
  const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });

  it('is made again when its time is over, and what KMS then denies is no longer ready', async () => {
    let permitted = true;
    const { supervision, selfTest, codeOf, readiness } = start({
      selfTest: () => (permitted ? Promise.resolve() : Promise.reject(denied)),
      selfTestEveryMs: 300_000,
    });
    expect(await supervision.ready).toBe(true);
    await vi.advanceTimersByTimeAsync(299_999);
    expect(selfTest).toHaveBeenCalledTimes(1);
    permitted = false;
    await vi.advanceTimersByTimeAsync(1);
    expect(codeOf('self-test')).toBe('READY_SELF_TEST');
    const checks = readiness.report().checks;
    expect(checks).toContainEqual(
      expect.objectContaining({ check: 'self-test', reason: 'AccessDeniedException' }),
    );
  });

  it('is tried sooner while it fails, each 10 s at most, and recovers by itself', async () => {
    let permitted = true;
    const { supervision, selfTest, codeOf } = start({
      selfTest: () => (permitted ? Promise.resolve() : Promise.reject(denied)),
      selfTestEveryMs: 300_000,
    });
    await supervision.ready;
    permitted = false;
    await vi.advanceTimersByTimeAsync(300_000);
    const before = selfTest.mock.calls.length;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(codeOf('self-test')).toBe('READY_SELF_TEST');
    expect(selfTest.mock.calls.length - before).toBeGreaterThan(350);
    expect(selfTest.mock.calls.length - before).toBeLessThan(370);
    permitted = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(codeOf('self-test')).toBeUndefined();
    const recovered = selfTest.mock.calls.length;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(selfTest).toHaveBeenCalledTimes(recovered + 12);
  });

  it('asks KMS nothing while there are no credentials', async () => {
    let there = true;
    const { supervision, selfTest, codeOf } = start({
      credentials: () => (there ? Promise.resolve() : Promise.reject(gone)),
      selfTestEveryMs: 300_000,
    });
    await supervision.ready;
    there = false;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(selfTest).toHaveBeenCalledOnce();
    expect(codeOf('credentials')).toBe('READY_CREDENTIALS');
    there = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(selfTest).toHaveBeenCalledTimes(2);
    expect(codeOf('credentials')).toBeUndefined();
  });

  it('is not made again where it asks nothing', async () => {
    const { selfTest } = start();
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(selfTest).toHaveBeenCalledOnce();
  });

  it('ends with the enclave', async () => {
    const { supervision, selfTest } = start({ selfTestEveryMs: 300_000 });
    await supervision.ready;
    supervision.stop();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(selfTest).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });
});
