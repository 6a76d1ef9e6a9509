import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** A program that prints its mapped and its own memory in MB, at its start and after it has returned memory. */
const program = `
  import { readFileSync } from 'node:fs';
  import sharp from 'sharp';
  import { UnusedMemory } from '${new URL('unused-memory.ts', import.meta.url).href}';
  const megabytes = (key) => Number(new RegExp(key + ':\\\\s+(\\\\d+)').exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  /** The resident memory of a library's code, in MB. */
  const library = (name) => {
    const maps = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
    const code = maps.filter((map) => /^\\S+ r-xp/.test(map) && map.split('\\n')[0].includes(name));
    return code.reduce((sum, map) => sum + Number(/^Rss:\\s+(\\d+)/m.exec(map)[1]) / 1024, 0);
  };
  const resize = () => sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } }).resize(8).jpeg().toBuffer();
  await resize();
  // Two buffers in three are freed: malloc keeps their memory, because it lies between those in use.
  let buffers = Array.from({ length: 3_000 }, () => Buffer.allocUnsafeSlow(16_000).fill(1));
  buffers = buffers.filter((_, index) => index % 3 === 0);
  gc();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = [megabytes('RssFile'), megabytes('RssAnon'), library('libvips')];
  const memory = UnusedMemory.start(1);
  let after = before;
  const limit = performance.now() + 10_000;
  while (after[0] > before[0] - 10 && performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    after = [megabytes('RssFile'), megabytes('RssAnon')];
  }
  after = [megabytes('RssFile'), megabytes('RssAnon'), library('libvips')];
  memory.close();
  // Everything works as before, also what has not run yet.
  const { inflateSync, deflateSync } = await import('node:zlib');
  const works = inflateSync(deflateSync('works')).toString() + new Intl.NumberFormat('de').format(1234.5) + buffers[9][15_999] + ((await resize()).length > 100);
  console.log(JSON.stringify({ before, after, works }));
`;

describe.skipIf(process.platform !== 'linux')('UnusedMemory', () => {
  it("unmaps Node.js's program and libraries and returns malloc's free memory, and the process goes on", () => {
    const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
    const env = { ...process.env, MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '' };
    const { before, after, works } = JSON.parse(
      execFileSync(process.execPath, args, { encoding: 'utf8', env }),
    ) as Record<'before' | 'after', [number, number, number]> & { readonly works: string };
    expect(after[0]).toBeLessThan(before[0] - 10);
    expect(after[1]).toBeLessThan(before[1] - 10);
    expect(before[2]).toBeGreaterThan(1);
    expect(after[2]).toBeLessThan(before[2] / 2);
    expect(works).toBe('works1.234,51true');
  });
});
