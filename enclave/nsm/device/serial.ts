import { NsmError } from '../../../shared/errors.ts';
import { MAX_REQUEST_BYTES, type Nsm } from '../../../shared/nsm/index.ts';

/** A device that takes one request at a time, and cannot be told to give one up. */
export interface Exchanger {
  exchange(message: Uint8Array): Promise<Uint8Array>;
  /** Called once, when no exchange is under way. */
  close(): void;
}

interface Call {
  readonly message: Uint8Array;
  readonly resolve: (response: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Puts the requests of many into one line, and gives each of them a time.
 *
 * The time of a request runs from the call on, its wait in line included. One that is late in line
 * is never sent. One that is late at the device stays there, since nobody can take it back: its
 * answer will be thrown away, it may still have its effect, and until it returns, every further
 * request is refused with NSM_STALLED.
 */
export function createSerialNsm(options: {
  readonly device: Exchanger;
  readonly timeoutMs: number;
}): Nsm {
  const { device, timeoutMs } = options;
  const line: Call[] = [];
  let current: Call | undefined;
  let stalled = false;
  let closed = false;

  const advance = async (): Promise<void> => {
    while (current === undefined) {
      current = line.shift();
      if (current === undefined) {
        if (closed) device.close();
        return;
      }
      const { message, resolve, reject, timer } = current;
      await device.exchange(message).then(resolve, reject);
      clearTimeout(timer);
      stalled = false;
      current = undefined;
    }
  };

  const expire = (call: Call): void => {
    const sent = call === current;
    if (sent) stalled = true;
    else line.splice(line.indexOf(call), 1);
    call.reject(
      new NsmError('NSM_TIMEOUT', `the secure module did not answer within ${timeoutMs} ms`, {
        details: { sent },
      }),
    );
  };

  return {
    async request(message) {
      if (closed) throw new NsmError('NSM_CLOSED', 'the secure module was closed');
      checkLength(message);
      if (stalled) {
        throw new NsmError('NSM_STALLED', 'a call to the secure module has not come back in time');
      }
      return new Promise((resolve, reject) => {
        const call: Call = {
          // The caller may use its array again while the request waits for its turn.
          message: Uint8Array.from(message),
          resolve,
          reject,
          timer: setTimeout(() => expire(call), timeoutMs),
        };
        line.push(call);
        void advance();
      });
    },
    close() {
      if (closed) return;
      closed = true;
      void advance();
    },
  };
}

function checkLength({ length }: Uint8Array): void {
  if (length === 0) {
    throw new NsmError('NSM_EMPTY_REQUEST', 'expected a request of at least one byte');
  }
  if (length > MAX_REQUEST_BYTES) {
    throw new NsmError(
      'NSM_INPUT_TOO_LARGE',
      `expected a request of at most ${MAX_REQUEST_BYTES} bytes, got ${length}`,
    );
  }
}
