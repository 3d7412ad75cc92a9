import { join } from 'node:path';
import type * as DevelopmentStackModule from '../../scripts/stack/development-stack.ts';

export const dist = join(import.meta.dirname, '..', '..', 'dist');

/** The command line, as installed. */
export const binary = join(dist, 'cli', 'main.js');

/** What `npm start` runs. */
export const startScript = join(dist, 'scripts', 'start.js');

/** The stack out of dist/, which is where it finds the processes that it starts. */
export const { startDevelopmentStack } = (await import(
  join(dist, 'scripts', 'stack', 'development-stack.js')
)) as typeof DevelopmentStackModule;
