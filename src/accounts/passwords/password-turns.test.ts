import { describe, expect, it } from 'vitest';
import { PasswordTurns } from './password-turns.ts';

const stranger = (key: string) => ({ key, trusted: false });
const busy = { code: 'sign_in_busy' };

/** Work that the test ends. */
function work() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { run: () => promise, end: () => resolve() };
}

describe('passwords', () => {
  it('are hashed one at a time, and a failed one does not stop the others', async () => {
    const turns = new PasswordTurns();
    let running = 0;
    let most = 0;
    const hash = async (index: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      if (index === 3) throw new Error('failed');
      return index;
    };
    const results = await Promise.allSettled(
      Array.from({ length: 16 }, (_, index) => turns.run(stranger('a'), () => hash(index))),
    );
    expect(most).toBe(1);
    expect(results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))).toEqual([
      0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ]);
    await expect(turns.run(stranger('a'), () => hash(20))).resolves.toBe(20);
  });

  it('of one address wait behind those of another', async () => {
    const turns = new PasswordTurns();
    const order: string[] = [];
    const add = (key: string, name: string) => turns.run(stranger(key), async () => void order.push(name));
    await Promise.all([add('a', 'a1'), add('a', 'a2'), add('a', 'a3'), add('b', 'b1'), add('b', 'b2')]);
    expect(order).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
  });

  it('wait in bounded numbers, of one address and in all, and strangers take no place of known devices', async () => {
    const turns = new PasswordTurns({ most: 4, mostPerPlace: 2 });
    const first = work();
    const running = turns.run(stranger('first'), first.run);
    const waiting = [1, 2].map(() => turns.run(stranger('a'), async () => 'a'));
    await expect(turns.run(stranger('a'), async () => 'a')).rejects.toMatchObject(busy);
    waiting.push(...[1, 2].map(() => turns.run(stranger('b'), async () => 'b')));
    await expect(turns.run(stranger('c'), async () => 'c')).rejects.toMatchObject(busy);
    waiting.push(turns.run({ key: 'c', trusted: true }, async () => 'known'));
    first.end();
    await running;
    expect(await Promise.all(waiting)).toEqual(['a', 'a', 'b', 'b', 'known']);
    await expect(turns.run(stranger('a'), async () => 'a')).resolves.toBe('a');
  });
});
