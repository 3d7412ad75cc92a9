import { RECIPIENT } from '../schema/members.ts';
import { createDataKeyPair, DATA_KEY_PAIR_OPERATION } from './data-key-pair.ts';
import { keyOperation } from './operation.ts';

export const generateDataKeyPair = keyOperation({
  ...DATA_KEY_PAIR_OPERATION,
  name: 'GenerateDataKeyPair',
  input: { ...DATA_KEY_PAIR_OPERATION.input, ...RECIPIENT },
  execute: createDataKeyPair,
});
