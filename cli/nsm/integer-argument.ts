import { UsageError } from '../command.ts';

/** @throws {UsageError} unless the text is a number of up to five decimal digits. */
export function readIntegerArgument(name: string, text: string | undefined): number {
  if (text === undefined || !/^(0|[1-9][0-9]{0,4})$/.test(text)) {
    throw new UsageError(`${name} is a whole number${text === undefined ? '' : `, got ${text}`}`);
  }
  return Number(text);
}
