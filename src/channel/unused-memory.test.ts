import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** A program that prints its mapped and its own memory in MB, at its start and after it has returned memory. */
const program = `
  import { readFileSync } from 'node:fs';
  import { UnusedMemory } from '${new URL('unused-memory.ts', import.meta.url).href}';
  const megabytes = (key) => Number(new RegExp(key + ':\\\\s+(\\\\d+)').exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  // Two buffers in three are freed: malloc keeps their memory, because it lies between those in use.
  let buffers = Array.from({ length: 3_000 }, () => Buffer.allocUnsafeSlow(16_000).fill(1));
  buffers = buffers.filter((_, index) => index % 3 === 0);
  gc();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = [megabytes('RssFile'), megabytes('RssAnon')];
  const memory = UnusedMemory.start(1);
  let after = before;
  const limit = performance.now() + 10_000;
  while (after[0] > before[0] - 10 && performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    after = [megabytes('RssFile'), megabytes('RssAnon')];
  }
  after = [megabytes('RssFile'), megabytes('RssAnon')];
  memory.close();
  // Everything works as before, also what has not run yet.
  const { inflateSync, deflateSync } = await import('node:zlib');
  const works = inflateSync(deflateSync('works')).toString() + new Intl.NumberFormat('de').format(1234.5) + buffers[9][15_999];
  console.log(JSON.stringify({ before, after, works }));
`;

describe.skipIf(process.platform !== 'linux')('UnusedMemory', () => {
  it("unmaps Node.js's program and returns malloc's free memory, and the process goes on", () => {
    const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
    const env = { ...process.env, MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '' };
    const { before, after, works } = JSON.parse(
      execFileSync(process.execPath, args, { encoding: 'utf8', env }),
    ) as Record<'before' | 'after', [number, number]> & { readonly works: string };
    expect(after[0]).toBeLessThan(before[0] - 10);
    expect(after[1]).toBeLessThan(before[1] - 10);
    expect(works).toBe('works1.234,51');
  });
});
