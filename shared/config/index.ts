export { addressSchema } from './address.ts';
export { parseConfig } from './parse.ts';
export { readConfigFile } from './read.ts';
