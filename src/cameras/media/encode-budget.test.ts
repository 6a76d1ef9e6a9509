import { describe, expect, it } from 'vitest';
import { EncodeBudget } from './encode-budget.ts';

const busy = { captured: 30, dropped: { encoder: 10 } };
const idle = { captured: 30, dropped: { encoder: 1 } };

describe('EncodeBudget', () => {
  it('has extra Renditions encoded more rarely within seconds of overload, and no more rarely than each 64th frame', () => {
    const budget = new EncodeBudget();
    budget.report(idle, 0);
    expect(budget.every).toBe(1);
    const every = [1, 2, 3, 4].map((second) => {
      // Several cameras report the same overload.
      for (let camera = 0; camera < 3; camera += 1) budget.report(busy, second * 1_000 + camera * 100);
      return budget.every;
    });
    expect(every).toEqual([4, 16, 64, 64]);
  });

  it('has them encoded more often again, step by step, once no camera is overloaded', () => {
    const budget = new EncodeBudget();
    budget.report(busy, 0);
    for (let second = 1; second < 10; second += 1) budget.report(idle, second * 1_000);
    expect(budget.every).toBe(4);
    for (let second = 10; second < 31; second += 1) budget.report(idle, second * 1_000);
    expect(budget.every).toBe(1);
  });
});
