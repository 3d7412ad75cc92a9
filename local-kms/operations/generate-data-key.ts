import { RECIPIENT } from '../schema/members.ts';
import { createDataKey, DATA_KEY_OPERATION } from './data-key.ts';
import { keyOperation } from './operation.ts';

export const generateDataKey = keyOperation({
  ...DATA_KEY_OPERATION,
  name: 'GenerateDataKey',
  input: { ...DATA_KEY_OPERATION.input, ...RECIPIENT },
  execute: createDataKey,
});
