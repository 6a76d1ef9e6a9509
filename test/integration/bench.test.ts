// The benchmark runs and its results are plausible. How fast they are depends on the machine, so that is not tested.
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { lacks } from '../support/programs.ts';

const run = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));
/** The benchmark creates a device node, and needs one core for the server and one for the viewers. */
const able = process.getuid?.() === 0 && cpus().length >= 2;

describe.skipIf(lacks('cc', 'taskset') || !able)('npm run bench -- --quick', () => {
  it('serves every load and prints the results', { timeout: 240_000 }, async () => {
    const flags = ['--disable-warning=ExperimentalWarning', run, '--quick'];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: 230_000 });
    const rows = stdout.split('\n').filter((line) => /^\| \d+ viewers/.test(line));
    const inTurns = rows.filter((row) => row.includes('in turns'));
    expect(inTurns).toHaveLength(2);
    for (const row of inTurns) {
      const [, , , frames, cpu, perFrame, ratio] = row.split('|').map((cell) => Number(cell));
      expect(frames, row).toBeGreaterThan(5);
      expect(frames, row).toBeLessThan(45);
      expect(cpu, row).toBeGreaterThan(1);
      expect(perFrame, row).toBeGreaterThan(1);
      expect(ratio, row).toBeGreaterThan(0.1);
    }
    const others = rows.filter((row) => !inTurns.includes(row));
    expect(others.length).toBeGreaterThanOrEqual(4);
    for (const row of others) {
      const [, , , served, worst, median, p50, p99, , , perFrame] = row.split('|').map((cell) => Number(cell));
      expect(served, row).toBeGreaterThanOrEqual(50);
      expect(worst, row).toBeGreaterThan(1);
      expect(median, row).toBeLessThan(40);
      expect(p50, row).toBeGreaterThan(0);
      expect(p99, row).toBeLessThan(5_000);
      expect(perFrame, row).toBeGreaterThan(1);
    }
    const encoded = [...stdout.matchAll(/^\| jpeg-\d+ \| (\d+) \| (\d+) \|$/gm)];
    const captured = Number(/over \d+ s: (\d+) frames captured/.exec(stdout)?.[1]);
    expect(encoded).toHaveLength(3);
    for (const [row, , frames] of encoded) expect(Number(frames), row).toBeLessThan(captured * 1.2);
  });
});
