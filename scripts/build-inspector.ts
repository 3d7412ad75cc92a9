import { mkdir, writeFile } from 'node:fs/promises';
import { buildInspectorPage } from './inspector-page.ts';

// npm runs scripts in the project's folder.
const html = await buildInspectorPage(process.cwd());
await mkdir('dist', { recursive: true });
await writeFile('dist/inspector.html', html);
console.log(`dist/inspector.html: ${Math.ceil(Buffer.byteLength(html) / 1024)} KiB`);
