import { describe, expect, it } from 'vitest';
import { Choice } from './choice.ts';

const days = [
  { day: '2026-11-22', count: 100 },
  { day: '2026-11-21', count: 3 },
];
const item = (id: string, day = '2026-11-22', takenAt = 5) => ({ id, day, takenAt });

describe('Choice', () => {
  it('counts single photos, a whole day and what is left out of it', () => {
    const choice = new Choice();
    choice.set(item('a'), true);
    choice.set(item('b', '2026-11-21'), true);
    choice.setDay('2026-11-22', true, days, 9);
    expect([choice.count, choice.countOf('2026-11-22', 100), choice.countOf('2026-11-21', 3)]).toEqual([101, 100, 1]);
    choice.set(item('a'), false);
    expect([choice.count, choice.has(item('a')), choice.has(item('never listed'))]).toEqual([100, false, true]);
    expect(choice.body()).toEqual({ ids: ['b'], days: ['2026-11-22'], all: false, except: ['a'], until: 9 });
    choice.setDay('2026-11-22', false, days, 9);
    expect(choice.body()).toEqual({ ids: ['b'], days: [], all: false, except: [] });
  });

  it('of all photos becomes that of the other days when one is left out', () => {
    const choice = new Choice();
    choice.setAll(103, 9);
    choice.set(item('b', '2026-11-21'), false);
    expect([choice.count, choice.isAll, choice.body().all]).toEqual([102, false, true]);
    choice.setDay('2026-11-22', false, days, 9);
    expect([choice.count, choice.body()]).toEqual([
      2,
      { ids: [], days: ['2026-11-21'], all: false, except: ['b'], until: 9 },
    ]);
  });

  it('of all photos has none that were taken later', () => {
    const choice = new Choice();
    choice.setAll(103, 9);
    const late = item('late', '2026-11-22', 10);
    expect(choice.has(late)).toBe(false);
    choice.set(late, true);
    expect([choice.has(late), choice.count, choice.body().ids]).toEqual([true, 104, ['late']]);
  });
});
