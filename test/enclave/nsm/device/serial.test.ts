import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSerialNsm, type Exchanger } from '../../../../enclave/nsm/device/serial.ts';
import type { Nsm } from '../../../../shared/nsm/index.ts';

const TIMEOUT_MS = 1000;
const message = (byte: number) => Uint8Array.of(byte);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A device that answers when it is told to. */
class FakeDevice implements Exchanger {
  readonly sent: number[] = [];
  closings = 0;
  #settle: { resolve: (response: Uint8Array) => void; reject: (error: Error) => void } | undefined;

  exchange([byte = 0]: Uint8Array): Promise<Uint8Array> {
    if (this.#settle !== undefined) throw new Error('two requests at once');
    this.sent.push(byte);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  close(): void {
    if (this.#settle !== undefined) throw new Error('closed with a request at the device');
    this.closings += 1;
  }

  async answer(byte: number): Promise<void> {
    this.#take().resolve(message(byte));
    await vi.advanceTimersByTimeAsync(0);
  }

  async fail(error: Error): Promise<void> {
    this.#take().reject(error);
    await vi.advanceTimersByTimeAsync(0);
  }

  #take() {
    if (this.#settle === undefined) throw new Error('nothing is at the device');
    const settle = this.#settle;
    this.#settle = undefined;
    return settle;
  }
}

function create(): { device: FakeDevice; nsm: Nsm } {
  const device = new FakeDevice();
  return { device, nsm: createSerialNsm({ device, timeoutMs: TIMEOUT_MS }) };
}

/** The code of the error that the request ends in; watched from the start, so that none is lost. */
const codeOf = (request: Promise<unknown>): Promise<unknown> =>
  request.then(
    () => 'answered',
    (error) => error.code ?? error,
  );

describe('createSerialNsm', () => {
  it('sends one request at a time, in the order in which they come', async () => {
    const { device, nsm } = create();
    const answers = Promise.all([1, 2, 3].map((byte) => nsm.request(message(byte))));
    expect(device.sent).toEqual([1]);
    await device.answer(11);
    expect(device.sent).toEqual([1, 2]);
    await device.answer(12);
    await device.answer(13);
    expect(await answers).toEqual([message(11), message(12), message(13)]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reads the request before it returns, so that its array may be used again', async () => {
    const { device, nsm } = create();
    const first = nsm.request(message(1));
    const bytes = message(2);
    const second = nsm.request(bytes);
    bytes.fill(0);
    await device.answer(0);
    await device.answer(0);
    await Promise.all([first, second]);
    expect(device.sent).toEqual([1, 2]);
  });

  it('goes on after a call that failed', async () => {
    const { device, nsm } = create();
    const first = codeOf(nsm.request(message(1)));
    const second = nsm.request(message(2));
    await device.fail(new RangeError('failed'));
    await device.answer(12);
    expect(await first).toBeInstanceOf(RangeError);
    expect(await second).toEqual(message(12));
  });

  it.each([
    ['an empty request', 0, 'NSM_EMPTY_REQUEST'],
    ['a request of 4097 bytes', 4097, 'NSM_INPUT_TOO_LARGE'],
  ])('refuses %s before the device is asked', async (_what, length, code) => {
    const { device, nsm } = create();
    await expect(nsm.request(new Uint8Array(length))).rejects.toMatchObject({ code });
    expect(device.sent).toEqual([]);
  });
});

describe('a request that the device does not answer in time', () => {
  it('is given up, with the word that it was sent', async () => {
    const { device, nsm } = create();
    const request = expect(nsm.request(message(1))).rejects.toMatchObject({
      code: 'NSM_TIMEOUT',
      details: { sent: true },
    });
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    await request;
    expect(device.sent).toEqual([1]);
  });

  it('is not given up a moment before', async () => {
    const { device, nsm } = create();
    const request = nsm.request(message(1));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    await device.answer(11);
    expect(await request).toEqual(message(11));
  });

  it('has the others refused at once, until it comes back; its answer is nobody’s', async () => {
    const { device, nsm } = create();
    const late = codeOf(nsm.request(message(1)));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(await late).toBe('NSM_TIMEOUT');
    await expect(nsm.request(message(2))).rejects.toMatchObject({ code: 'NSM_STALLED' });
    await device.answer(11);
    const next = nsm.request(message(3));
    expect(device.sent).toEqual([1, 3]);
    await device.answer(13);
    expect(await next).toEqual(message(13));
  });

  it('has the others refused until it fails, too', async () => {
    const { device, nsm } = create();
    const late = codeOf(nsm.request(message(1)));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    await device.fail(new Error('ETIMEDOUT'));
    expect(await late).toBe('NSM_TIMEOUT');
    const next = nsm.request(message(2));
    await device.answer(12);
    expect(await next).toEqual(message(12));
  });

  it('takes the time of those behind it, which are never sent', async () => {
    const { device, nsm } = create();
    const first = codeOf(nsm.request(message(1)));
    await vi.advanceTimersByTimeAsync(1);
    const second = expect(nsm.request(message(2))).rejects.toMatchObject({
      code: 'NSM_TIMEOUT',
      details: { sent: false },
    });
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    expect(await first).toBe('NSM_TIMEOUT');
    await vi.advanceTimersByTimeAsync(1);
    await second;
    // The first is still at the device.
    expect(await codeOf(nsm.request(message(3)))).toBe('NSM_STALLED');
    await device.answer(11);
    expect(device.sent).toEqual([1]);
  });

  it('does not keep those behind it from their turn, if it comes back in their time', async () => {
    const { device, nsm } = create();
    const first = codeOf(nsm.request(message(1)));
    await vi.advanceTimersByTimeAsync(1);
    const second = nsm.request(message(2));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    expect(await first).toBe('NSM_TIMEOUT');
    await device.answer(11);
    await device.answer(12);
    expect(await second).toEqual(message(12));
  });
});

describe('close', () => {
  it('closes the device at once, and once, when nothing is under way', async () => {
    const { device, nsm } = create();
    nsm.close();
    nsm.close();
    expect(device.closings).toBe(1);
    await expect(nsm.request(message(1))).rejects.toMatchObject({ code: 'NSM_CLOSED' });
  });

  it('lets the requests under way and in line finish first', async () => {
    const { device, nsm } = create();
    const answers = Promise.all([1, 2].map((byte) => nsm.request(message(byte))));
    nsm.close();
    await expect(nsm.request(message(3))).rejects.toMatchObject({ code: 'NSM_CLOSED' });
    await device.answer(11);
    expect(device.closings).toBe(0);
    await device.answer(12);
    expect(await answers).toEqual([message(11), message(12)]);
    expect(device.closings).toBe(1);
  });

  it('waits for a request that was given up, since it is still at the device', async () => {
    const { device, nsm } = create();
    const late = codeOf(nsm.request(message(1)));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(await late).toBe('NSM_TIMEOUT');
    nsm.close();
    expect(device.closings).toBe(0);
    await device.answer(11);
    expect(device.closings).toBe(1);
  });
});
