import { createDataKeyPair, DATA_KEY_PAIR_OPERATION } from './data-key-pair.ts';
import { keyOperation } from './operation.ts';

export const generateDataKeyPairWithoutPlaintext = keyOperation({
  ...DATA_KEY_PAIR_OPERATION,
  name: 'GenerateDataKeyPairWithoutPlaintext',
  async execute(call) {
    const { members, plaintext } = await createDataKeyPair(call);
    plaintext.dispose();
    return { members };
  },
});
