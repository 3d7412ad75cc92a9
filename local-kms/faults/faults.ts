import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Fault } from './fault.ts';

/** What is to go wrong with one call. */
export interface CallFaults {
  readonly latencyMs: number;
  readonly clockOffsetMs: number;
  /** The first one wins. */
  readonly failure: KmsServiceError | 'drop-request' | 'drop-answer' | undefined;
}

/** The faults of a server, of which each call takes its share. */
export interface Faults {
  list(): readonly Fault[];
  replace(faults: readonly Fault[]): void;
  /** @param operation - undefined if the call names none. */
  take(operation: string | undefined): CallFaults;
}

interface Armed {
  readonly fault: Fault;
  /** How many calls it was for, whether or not it was their turn. */
  calls: number;
  /** How many it befell. */
  times: number;
}

export function createFaults(initial: readonly Fault[] = []): Faults {
  let armed = arm(initial);
  return {
    list: () => armed.map(({ fault }) => fault),
    replace(faults) {
      armed = arm(faults);
    },
    take(operation) {
      const due = armed.filter((one) => isDue(one, operation)).map(({ fault }) => fault);
      armed = armed.filter(({ fault, times }) => fault.count === undefined || times < fault.count);
      return combine(due);
    },
  };
}

function arm(faults: readonly Fault[]): Armed[] {
  return faults.map((fault) => ({ fault, calls: 0, times: 0 }));
}

function isDue(one: Armed, operation: string | undefined): boolean {
  const { fault } = one;
  if (fault.operation !== '*' && fault.operation !== operation) return false;
  one.calls += 1;
  if (one.calls % fault.every !== 0) return false;
  one.times += 1;
  return true;
}

function combine(faults: readonly Fault[]): CallFaults {
  const sum = (amountOf: (fault: Fault) => number) =>
    faults.reduce((total, fault) => total + amountOf(fault), 0);
  return {
    latencyMs: sum((fault) => (fault.kind === 'latency' ? fault.milliseconds : 0)),
    clockOffsetMs: sum((fault) => (fault.kind === 'clock' ? fault.offsetSeconds * 1000 : 0)),
    failure: faults.map(failureOf).find((failure) => failure !== undefined),
  };
}

function failureOf(fault: Fault): CallFaults['failure'] {
  switch (fault.kind) {
    case 'throttle':
      return new KmsServiceError('ThrottlingException', 'Rate exceeded');
    case 'error':
      return new KmsServiceError('KMSInternalException', undefined, { statusCode: fault.status });
    case 'drop':
      return fault.when === 'before' ? 'drop-request' : 'drop-answer';
    case 'latency':
    case 'clock':
      return undefined;
  }
}
