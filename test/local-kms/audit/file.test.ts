import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { AuditEvent } from '../../../local-kms/audit/event.ts';
import { openAuditFile } from '../../../local-kms/audit/file.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const eventOf = (eventID: string) => ({ eventID }) as AuditEvent;

it('has written the events of one turn, in their order, when any of them is awaited', async () => {
  const path = join(temporaryDirectory(), 'audit.jsonl');
  const { sink, close } = openAuditFile(path);
  const ids = () =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).eventID);
  const [first] = ['1', '2', '3'].map((id) => sink(eventOf(id)));
  await first;
  expect(ids()).toEqual(['1', '2', '3']);
  await sink(eventOf('4'));
  expect(ids()).toEqual(['1', '2', '3', '4']);
  close();
});

it('fails the calls whose events could not be written', async () => {
  const { sink, close } = openAuditFile('/dev/full');
  const calls = [sink(eventOf('1')), sink(eventOf('2'))];
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  close();
});
