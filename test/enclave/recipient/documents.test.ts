import { describe, expect, it } from 'vitest';
import { createDocuments } from '../../../enclave/recipient/documents.ts';
import { NsmError } from '../../../shared/errors.ts';
import { deferred } from '../../support/deferred.ts';

/** Documents numbered from 1, on a clock that the test moves. */
function create(documentSeconds = 60) {
  let time = 1_000_000;
  let asked = 0;
  const answers: Promise<Uint8Array>[] = [];
  const documents = createDocuments({
    attest() {
      asked += 1;
      return answers.shift() ?? Promise.resolve(Uint8Array.of(asked));
    },
    documentSeconds,
    monotonic: () => time,
  });
  return {
    document: (fresh = false) => documents.current(fresh).document.then(([number]) => number),
    reused: (fresh = false) => documents.current(fresh).reused,
    asked: () => asked,
    answerNext: (answer: Promise<Uint8Array>) => void answers.push(answer),
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

const broken = () => Promise.reject(new NsmError('NSM_INTERNAL_ERROR', 'broken'));

describe('documents of a key', () => {
  it('are used again until the time is up, and not a millisecond longer', async () => {
    const { document, pass } = create(60);
    expect(await document()).toBe(1);
    pass(59_999);
    expect(await document()).toBe(1);
    pass(1);
    expect(await document()).toBe(2);
    pass(59_999);
    expect(await document()).toBe(2);
  });

  it('age from when they were asked for, not from when they came', async () => {
    const { document, pass, answerNext } = create(60);
    const slow = deferred<Uint8Array>();
    answerNext(slow.promise);
    const first = document();
    pass(59_000);
    slow.resolve(Uint8Array.of(77));
    expect(await first).toBe(77);
    pass(1000);
    expect(await document()).toBe(2);
  });

  it('are asked for once by calls at once', async () => {
    const { document, asked } = create();
    const documents = await Promise.all(Array.from({ length: 20 }, () => document()));
    expect(asked()).toBe(1);
    expect(new Set(documents).size).toBe(1);
  });

  it('count as reused when they are a second old', async () => {
    const { reused, pass } = create();
    expect(reused()).toBe(false);
    pass(999);
    expect(reused()).toBe(false);
    pass(1);
    expect(reused()).toBe(true);
  });

  it('are made anew for who wants a fresh one, and then serve the others', async () => {
    const { document, reused, pass, asked } = create();
    await document();
    pass(1000);
    expect(reused(true)).toBe(false);
    expect(await document()).toBe(2);
    expect(asked()).toBe(2);
  });

  it('are made anew once a second, however many want a fresh one', async () => {
    const { document, pass, asked } = create();
    await document();
    pass(1000);
    await Promise.all(Array.from({ length: 20 }, () => document(true)));
    pass(999);
    expect(await document(true)).toBe(2);
    expect(asked()).toBe(2);
  });

  it('that live for less than a second are not fresh for longer', async () => {
    const { document, pass } = create(0.5);
    await document();
    pass(500);
    expect(await document()).toBe(2);
  });

  it('are asked for anew after a failure, which all who waited are told', async () => {
    const { document, asked, answerNext } = create();
    answerNext(broken());
    const outcomes = await Promise.allSettled([document(), document()]);
    expect(outcomes).toMatchObject(
      Array.from({ length: 2 }, () => ({ reason: { code: 'NSM_INTERNAL_ERROR' } })),
    );
    expect(await document()).toBe(2);
    expect(asked()).toBe(2);
  });

  it('are not lost when one that was given up fails late', async () => {
    const { document, asked, pass, answerNext } = create(60);
    const late = deferred<Uint8Array>();
    answerNext(late.promise);
    const first = document();
    pass(60_000);
    await document();
    late.resolve(broken());
    await expect(first).rejects.toMatchObject({ code: 'NSM_INTERNAL_ERROR' });
    await document();
    expect(asked()).toBe(2);
  });
});
