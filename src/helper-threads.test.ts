import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { lowerHelperThreads } from './helper-threads.ts';

/** The priorities of this process's threads, by their names. */
function priorities(): readonly (readonly [name: string, priority: number])[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const name = readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim();
    return [name, getPriority(Number(thread))];
  });
}

it.skipIf(process.platform !== 'linux')("V8's threads give way to the main thread, and no other does", async () => {
  await lowerHelperThreads();
  const threads = priorities();
  const helpers = threads.filter(([name]) => name.startsWith('V8Worker'));
  const others = threads.filter(([name]) => !name.startsWith('V8Worker'));
  expect(helpers.length).toBeGreaterThan(0);
  expect(new Set(helpers.map(([, priority]) => priority))).toEqual(new Set([Math.min(19, getPriority() + 10)]));
  expect(new Set(others.map(([, priority]) => priority))).toEqual(new Set([getPriority()]));
});
