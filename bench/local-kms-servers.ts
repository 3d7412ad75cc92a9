import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A server that is measured, in a process of its own. */
export interface BenchServer {
  readonly name: string;
  readonly port: number;
  /** User and system time of the process so far, in milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

const START_MS = 20_000;

/** Of /proc/PID/stat: USER_HZ is 100 on every Linux. */
const TICK_MS = 10;

/**
 * Starts this project's server, which is the first of them; moto's, where `moto_server` is
 * installed; and nsmithuk/local-kms, where there is a binary of it.
 *
 * @param directory - where they keep what they keep, this project's root of documents included.
 */
export async function startServers(
  directory: string,
  localKmsBinary: string | undefined,
): Promise<readonly BenchServer[]> {
  const main = join(import.meta.dirname, '..', 'cli', 'main.js');
  const servers = [
    // With its store and its audit log on the disk.
    await startServer('nitro-key-broker', process.execPath, (port) => ({
      args: [main, 'local-kms', '--http', '--data', directory, '--port', String(port)],
    })),
  ];
  const moto = await startServer('moto', 'moto_server', (port) => ({
    args: ['-p', String(port)],
  })).catch(() => undefined);
  if (moto === undefined) console.log('moto: not measured, moto_server does not start here');
  else servers.push(moto);
  if (localKmsBinary === undefined) {
    console.log('nsmithuk/local-kms: not measured, BENCH_LOCAL_KMS names no binary');
  } else {
    const start = (port: number) => ({
      args: [],
      env: { PORT: String(port), KMS_REGION: 'us-east-1', KMS_DATA_PATH: directory },
    });
    servers.push(await startServer('nsmithuk/local-kms', localKmsBinary, start));
  }
  return servers;
}

async function startServer(
  name: string,
  command: string,
  howTo: (port: number) => { readonly args: readonly string[]; readonly env?: NodeJS.ProcessEnv },
): Promise<BenchServer> {
  const port = await freePort();
  const { args, env } = howTo(port);
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  await Promise.all([once(child, 'spawn'), untilAnswers(port, child)]);
  return {
    name,
    port,
    cpuMs: () => cpuOf(child),
    async stop() {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function untilAnswers(port: number, child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < START_MS && child.exitCode === null; waited += 50) {
    const socket = connect(port, '127.0.0.1');
    const answered = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answered) return;
    await setTimeout(50);
  }
  throw new Error('a server did not start');
}

/** proc(5): utime and stime are fields 14 and 15; the command, in parentheses, may have spaces. */
function cpuOf({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
