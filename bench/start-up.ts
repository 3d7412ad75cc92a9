import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { type BrokerScene, LOCAL_CREDENTIALS, REGION } from './broker-scene.ts';

export interface Start {
  /** From the start of the process until it says that it is ready, the self-test included. */
  readonly readyMs: number;
  /** Of the process when it is ready, in 10^6 bytes. */
  readonly residentMb: number;
  readonly bundleBytes: number;
}

const SOCKETS = ['api.sock', 'parent-api.sock'] as const;

/** The process as an image would have it, but for the arguments. */
const ENTRY = `
import { runEnclave } from './enclave/main.js';
await runEnclave({
  configPath: process.argv[2],
  env: process.env,
  stdout: (line) => process.stdout.write(line + '\\n'),
  stderr: () => {},
  now: Date.now,
  signal: new AbortController().signal,
});
`;

/** Bundles the process of an enclave, starts it once and ends it. */
export async function measureStart(scene: BrokerScene): Promise<Start> {
  const dist = dirname(import.meta.dirname);
  // Beside the code, from where node_modules is found.
  const bundle = join(dist, 'bench', 'enclave-bundle.mjs');
  await build({
    stdin: { contents: ENTRY, resolveDir: dist },
    outfile: bundle,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    // Loads a prebuilt library of its own.
    external: ['koffi'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const credentials = createServer((_request, response) =>
    response.end(
      JSON.stringify({
        AccessKeyId: LOCAL_CREDENTIALS.accessKeyId,
        SecretAccessKey: LOCAL_CREDENTIALS.secretAccessKey,
      }),
    ),
  );
  const socket = join(scene.directory, 'credentials.sock');
  credentials.listen(socket);
  await once(credentials, 'listening');
  // A process that is killed leaves its sockets.
  for (const name of SOCKETS) rmSync(join(scene.directory, name), { force: true });
  const configPath = join(scene.directory, 'enclave.json');
  writeFileSync(configPath, JSON.stringify(configOf(scene, socket)));
  try {
    return { ...(await startOnce(bundle, configPath)), bundleBytes: statSync(bundle).size };
  } finally {
    credentials.closeAllConnections();
    credentials.close();
  }
}

async function startOnce(
  bundle: string,
  configPath: string,
): Promise<Pick<Start, 'readyMs' | 'residentMb'>> {
  const began = performance.now();
  const child = spawn(process.execPath, [bundle, configPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => {
      throw new Error('the bundled process ended before it was ready');
    }),
  ]);
  const readyMs = performance.now() - began;
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  child.kill();
  await exited.catch(() => undefined);
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return { readyMs, residentMb: (Number(kilobytes) * 1024) / 1e6 };
}

function configOf({ directory, port, caFile, dataKey }: BrokerScene, socket: string): object {
  const operations = ['GenerateDataKey', 'Decrypt'];
  return {
    profile: 'development',
    kms: {
      region: REGION,
      host: 'localhost',
      proxy: `tcp://127.0.0.1:${port}`,
      tlsRoots: caFile,
    },
    credentials: `unix:${socket}`,
    nsm: {
      software: {
        rootDirectory: directory,
        instanceId: 'i-0123456789abcdef0',
        pcrs: { 0: '11'.repeat(48) },
      },
    },
    keys: { data: { arn: dataKey, operations } },
    callers: [
      {
        name: 'app',
        uid: process.getuid?.() ?? 0,
        credentialsFile: join(directory, 'app.credentials'),
        permissions: [{ key: 'data', operations }],
      },
    ],
    endpoint: { listen: 'tcp://127.0.0.1:0' },
    api: { listen: `unix:${join(directory, SOCKETS[0])}` },
    parentApi: { listen: `unix:${join(directory, SOCKETS[1])}` },
  };
}
