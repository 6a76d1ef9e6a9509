import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { MemoryWatch } from './memory-watch.ts';

it.skipIf(process.platform !== 'linux')('reports a process that uses too much memory, once', async () => {
  const grow = "const all = []; setInterval(() => all.push(Buffer.alloc(1e7, 1)), 10); process.stdout.write('!')";
  const child = spawn(process.execPath, ['-e', grow], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    const reports: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    using _watch = MemoryWatch.start(child.pid ?? 0, 200e6, (bytes) => {
      reports.push(bytes);
      resolve();
    });
    await promise;
    await new Promise((again) => setTimeout(again, 500));
    expect(reports).toHaveLength(1);
    expect(reports[0]).toBeGreaterThan(200e6);
  } finally {
    child.kill('SIGKILL');
  }
});
