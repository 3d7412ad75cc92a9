import { readFileSync } from 'node:fs';
import { vectorsPath } from './vectors.ts';

export interface WycheproofCase {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

/** The test groups of a Wycheproof file; none in a clone without ../shared/vectors. */
export function wycheproofGroups<Group>(file: string): readonly Group[] {
  const path = vectorsPath('standards', file);
  if (path === undefined) return [];
  return (JSON.parse(readFileSync(path, 'utf8')) as { testGroups: Group[] }).testGroups;
}
