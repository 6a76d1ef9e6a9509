import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Enters the sandbox and tries everything; its arguments are the sandbox, a folder and a file that may only be read. */
const program = `
const [sandbox, folder, other] = process.argv.slice(2);
const fs = await import('node:fs');
const { spawnSync } = await import('node:child_process');
const { Worker } = await import('node:worker_threads');
const { enterSandbox } = await import(sandbox);
const hidden = folder + '/data';
const entered = enterSandbox({ hidden: [hidden], readable: [hidden + '/clip'], writable: [hidden + '/cache'] });
const tried = (what) => { try { what(); return 'done'; } catch ({ code }) { return code; } };
const secret = hidden + '/secret';
const inWorker = new Worker(
  \`try { require('fs').readFileSync('\${secret}'); require('worker_threads').parentPort.postMessage('done'); }
   catch ({ code }) { require('worker_threads').parentPort.postMessage(code); }\`, { eval: true });
console.log(JSON.stringify({
  entered,
  hidden: tried(() => fs.readFileSync(secret)),
  inPool: await fs.promises.readFile(secret).then(() => 'done', ({ code }) => code),
  inWorker: await new Promise((resolve) => inWorker.once('message', resolve)),
  replaced: tried(() => fs.renameSync(folder + '/file', secret)),
  clip: tried(() => fs.readFileSync(hidden + '/clip')),
  cache: tried(() => fs.writeFileSync(hidden + '/cache/new', '')),
  temporary: tried(() => fs.writeFileSync(folder + '/logs/new', '')),
  read: tried(() => fs.readFileSync(other)),
  written: tried(() => fs.openSync(other, 'r+')),
  started: spawnSync(process.execPath, ['--version']).error?.code ?? 'done',
}));
process.exit();`;

it('keeps a process from reading hidden files, writing elsewhere and starting programs, in all threads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-sandbox-'));
  try {
    for (const name of ['data', 'data/cache', 'logs']) mkdirSync(join(folder, name));
    for (const name of ['file', 'data/secret', 'data/clip', 'program.mjs']) writeFileSync(join(folder, name), program);
    const sandbox = new URL('sandbox.ts', import.meta.url).href;
    // Outside the temporary folder.
    const other = '/etc/passwd';
    const args = ['--no-new-privs', process.execPath, join(folder, 'program.mjs'), sandbox, folder, other];
    const result = JSON.parse(execFileSync('setpriv', args, { encoding: 'utf8' })) as { readonly entered: boolean };
    if (!result.entered) {
      process.stderr.write('Skipped: a sandbox for captures; the kernel does not offer Landlock.\n');
      return;
    }
    expect(result).toEqual({
      entered: true,
      hidden: 'EACCES',
      inPool: 'EACCES',
      inWorker: 'EACCES',
      replaced: 'EACCES',
      clip: 'done',
      cache: 'done',
      temporary: 'done',
      read: 'done',
      written: 'EACCES',
      started: 'EACCES',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
