import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Upkeep } from './upkeep.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('upkeep runs at the start and every hour, also after a failure, until it is closed', async () => {
  const work = vi.fn(async () => {
    if (work.mock.calls.length === 1) throw new Error('no database');
  });
  const upkeep = Upkeep.start(work, pino({ level: 'silent' }));
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(work).toHaveBeenCalledTimes(2);
  await upkeep.close();
  await upkeep.close();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(work).toHaveBeenCalledTimes(2);
});
