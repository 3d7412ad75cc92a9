import { z } from 'zod';
import { BrokerError } from '../errors.ts';
import { parseAddress } from '../vsock/index.ts';

/** The text of an address in a configuration file, read into an `Address`. */
export const addressSchema = z.string().transform((text, context) => {
  try {
    return parseAddress(text);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    context.addIssue({ code: 'custom', message: `${error.code}: ${error.message}` });
    return z.NEVER;
  }
});
