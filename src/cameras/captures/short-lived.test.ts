import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const shortLived = new URL('short-lived.ts', import.meta.url).href;

it('is killed when the process that forked it exits, even while it hangs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-short-'));
  try {
    const [child, parent] = [join(folder, 'child.mjs'), join(folder, 'parent.mjs')];
    // As if it waited for a driver: it does not even notice that its channel closes.
    writeFileSync(
      child,
      `process.send(process.pid); for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
    );
    writeFileSync(
      parent,
      `import { forkShortLived } from ${JSON.stringify(shortLived)};
       forkShortLived(${JSON.stringify(child)}, [], { limit: 20_000, environment: {} }).once('message', (pid) => {
         process.stdout.write(String(pid), () => process.exit(0));
       });`,
    );
    const pid = execFileSync(process.execPath, [parent], { encoding: 'utf8' });
    expect(pid).toMatch(/^\d+$/);
    const runs = (): boolean =>
      existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    await expect.poll(runs).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
