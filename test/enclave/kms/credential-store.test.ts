import { describe, expect, it, vi } from 'vitest';
import { createCredentialStore, type RoleCredentials } from '../../../enclave/kms/index.ts';
import { TransportError } from '../../../shared/errors.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const MINUTE = 60_000;
const gone = new TransportError('TRANSPORT_REFUSED', 'nobody answers');

const endingIn = (milliseconds: number, accessKeyId = 'ASIA1'): RoleCredentials => ({
  accessKeyId,
  secretAccessKey: 'wJalrXUtnFEMI',
  sessionToken: 'token',
  expiration: new Date(NOON + milliseconds),
});

/** A store on a clock that is moved by hand, before a parent that answers what it is told to. */
function start(random = 0) {
  let time = NOON;
  let answer: () => Promise<RoleCredentials> = () => Promise.reject(gone);
  const fetch = vi.fn((_signal: AbortSignal) => answer());
  const failures: unknown[] = [];
  const store = createCredentialStore({
    fetch,
    clock: () => time,
    random: () => random,
    onRefreshFailed: (error) => failures.push(error),
  });
  return {
    store,
    fetch,
    failures,
    at: (milliseconds: number) => {
      time = NOON + milliseconds;
    },
    serve: (credentials: RoleCredentials) => {
      answer = async () => credentials;
    },
    fail: () => {
      answer = () => Promise.reject(gone);
    },
    stall: () => {
      answer = () => new Promise(() => undefined);
    },
  };
}

describe('credentials that are held', () => {
  it('come from the parent once, however many ask', async () => {
    const { store, fetch, serve } = start();
    serve(endingIn(60 * MINUTE));
    const [first, second] = await Promise.all([store.current(), store.current()]);
    expect(second).toBe(first);
    expect(await store.current()).toBe(first);
    expect(fetch).toHaveBeenCalledOnce();
  });

  it.each([
    ['half of their life', 0, 30 * MINUTE],
    ['five eighths', 0.5, 37.5 * MINUTE],
    ['almost three quarters', 1 - Number.EPSILON, 45 * MINUTE],
  ])('are renewed after %s, for a random number of that size', async (_what, random, due) => {
    const { store, fetch, serve, at } = start(random);
    serve(endingIn(60 * MINUTE));
    await store.current();
    at(due - 1000);
    await store.current();
    expect(fetch).toHaveBeenCalledTimes(1);
    serve(endingIn(120 * MINUTE, 'ASIA2'));
    at(due);
    // The old ones are good: nobody waits for the new.
    expect((await store.current()).accessKeyId).toBe('ASIA1');
    await vi.waitFor(async () => expect((await store.current()).accessKeyId).toBe('ASIA2'));
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['without an end', { ...endingIn(0), expiration: undefined }],
    ['that live for a day', endingIn(24 * 60 * MINUTE)],
  ])('are asked for again within the hour, those %s too', async (_what, served) => {
    const { expiration, ...longLived } = served;
    const { store, fetch, serve, at } = start(1);
    serve(expiration === undefined ? longLived : { ...longLived, expiration });
    await store.current();
    at(45 * MINUTE);
    await store.current();
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it('are asked for sooner and sooner while the parent serves the same', async () => {
    const { store, fetch, serve, at } = start();
    serve(endingIn(60 * MINUTE));
    for (const minute of [0, 30, 45, 52.5]) {
      at(minute * MINUTE);
      await store.current();
      await Promise.resolve();
    }
    expect(fetch).toHaveBeenCalledTimes(4);
  });

  it('serve on while a renewal fails, which is told of, and tried again after a pause', async () => {
    const { store, fetch, serve, fail, failures, at } = start();
    serve(endingIn(60 * MINUTE));
    await store.current();
    fail();
    at(30 * MINUTE);
    expect((await store.current()).accessKeyId).toBe('ASIA1');
    await vi.waitFor(() => expect(failures).toEqual([gone]));
    await store.current();
    expect(fetch).toHaveBeenCalledTimes(2);
    serve(endingIn(90 * MINUTE, 'ASIA2'));
    at(30 * MINUTE + 10_000);
    await store.current();
    await vi.waitFor(async () => expect((await store.current()).accessKeyId).toBe('ASIA2'));
  });

  it('are not used from the moment on that they end', async () => {
    const { store, serve, fail, at } = start();
    serve(endingIn(60 * MINUTE));
    await store.current();
    fail();
    at(60 * MINUTE - 1);
    expect((await store.current()).accessKeyId).toBe('ASIA1');
    at(60 * MINUTE);
    await expect(store.current()).rejects.toBe(gone);
  });

  it('are let go of when KMS refuses them', async () => {
    const { store, serve } = start();
    serve(endingIn(60 * MINUTE));
    await store.current();
    serve(endingIn(60 * MINUTE, 'ASIA2'));
    store.discard();
    expect((await store.current()).accessKeyId).toBe('ASIA2');
  });
});

describe('a parent', () => {
  it('that is gone fails every call with its code, and serves the next once it is back', async () => {
    const { store, serve } = start();
    await expect(Promise.all([store.current(), store.current()])).rejects.toBe(gone);
    await expect(store.current()).rejects.toBe(gone);
    serve(endingIn(60 * MINUTE));
    expect((await store.current()).accessKeyId).toBe('ASIA1');
  });

  it.each([
    ['now', 0],
    ['a second ago', -1000],
    ['in 1970', -NOON],
  ])('that serves credentials which ended %s is refused', async (_what, end) => {
    const { store, serve } = start();
    serve(endingIn(end));
    const refusal = await store.current().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'PARENT_CREDENTIALS_EXPIRED' });
    expect(JSON.stringify(refusal)).not.toContain('wJalrXUtnFEMI');
  });

  it('cannot take good credentials away with expired ones', async () => {
    const { store, serve, failures, at } = start();
    serve(endingIn(60 * MINUTE));
    await store.current();
    serve(endingIn(-1));
    at(30 * MINUTE);
    await store.current();
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    expect((await store.current()).accessKeyId).toBe('ASIA1');
  });

  it('is not waited for when the store closes', async () => {
    const { store, fetch, stall } = start();
    stall();
    void store.current();
    store.close();
    expect(fetch.mock.calls[0]?.[0].aborted).toBe(true);
  });
});
