import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Evergreen browsers of 2023: the ones with `:has()`. */
const TARGETS = ['chrome112', 'firefox121', 'safari16.4'];

/**
 * Builds the inspector as one HTML file, which opens from disk and can reach nothing else.
 *
 * @param root - the project's folder: the page is bundled from its TypeScript sources.
 */
export async function buildInspectorPage(root: string): Promise<string> {
  const folder = join(root, 'inspector');
  const [template, style, script] = await Promise.all([
    readFile(join(folder, 'page.html'), 'utf8'),
    bundle(join(folder, 'page.css')),
    bundle(join(folder, 'main.ts')),
  ]);
  const policy = contentSecurityPolicy(script, style);
  const withPolicy = fill(template, 'Content-Security-Policy" content="', policy, '">');
  const withStyle = fill(withPolicy, '<style>', style, '</style>');
  return fill(withStyle, '<script>', script, '</script>');
}

/** Puts text into the one place where the template has nothing between these two. */
function fill(template: string, before: string, text: string, after: string): string {
  const parts = template.split(before + after);
  if (parts.length !== 2) throw new Error(`inspector/page.html needs one empty ${before}${after}`);
  return parts.join(before + text + after);
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: TARGETS,
    legalComments: 'none',
    logLevel: 'silent',
  });
  const text = (outputFiles[0]?.text ?? '').trim();
  // The end of the element would be read as the end of the script or style.
  if (text === '' || /<\/(?:script|style)/i.test(text)) {
    throw new Error(`${entry} cannot stand inside of a page`);
  }
  return text;
}

/** Nothing but this one script and this one style, and no way out of the page. */
function contentSecurityPolicy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'none'",
    "img-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
