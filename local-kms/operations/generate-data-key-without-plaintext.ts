import { createDataKey, DATA_KEY_OPERATION } from './data-key.ts';
import { keyOperation } from './operation.ts';

export const generateDataKeyWithoutPlaintext = keyOperation({
  ...DATA_KEY_OPERATION,
  name: 'GenerateDataKeyWithoutPlaintext',
  execute(call) {
    const { members, plaintext } = createDataKey(call);
    plaintext.dispose();
    return { members };
  },
});
