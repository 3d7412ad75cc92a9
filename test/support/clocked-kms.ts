import type { KMSClient, KMSClientConfig } from '@aws-sdk/client-kms';
import type { LocalKms, LocalKmsOptions } from '../../local-kms/index.ts';
import { createTestClient, startTestKms } from './local-kms.ts';

export const DAY_SECONDS = 86_400;

/** A clock that stands until it is told to go on. */
export interface TestClock {
  readonly now: () => number;
  /** The time that it shows. */
  readonly date: Date;
  advance(seconds: number): void;
}

export function createTestClock(start = Date.UTC(2026, 0, 1)): TestClock {
  let time = start;
  return {
    now: () => time,
    get date() {
      return new Date(time);
    },
    advance(seconds) {
      time += seconds * 1000;
    },
  };
}

/** A local KMS that lives by the clock. */
export function startClockedKms(
  clock: TestClock,
  overrides: Partial<LocalKmsOptions> = {},
): Promise<LocalKms> {
  return startTestKms({ now: clock.now, ...overrides });
}

/** A client of the SDK that signs by the clock, whatever the answers' Date headers say. */
export function createClockedClient(
  clock: TestClock,
  kms: LocalKms,
  overrides: KMSClientConfig = {},
): KMSClient {
  const client = createTestClient(kms, overrides);
  client.middlewareStack.add(
    (next) => (args) => {
      client.config.systemClockOffset = clock.now() - Date.now();
      return next(args);
    },
    { step: 'initialize', name: 'testClock' },
  );
  return client;
}
