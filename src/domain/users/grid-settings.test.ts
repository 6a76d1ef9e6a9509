import { describe, expect, it } from 'vitest';
import { inGridOrder, movedUp } from './grid-settings.ts';

const cameras = ['front', 'garden', 'yard'].map((id) => ({ id }));
const sorted = (order: readonly string[]) => inGridOrder(cameras, order).map(({ id }) => id);

describe('the order of the grid', () => {
  it('puts the chosen cameras first, and the others after them in their own order', () => {
    expect(sorted([])).toEqual(['front', 'garden', 'yard']);
    expect(sorted(['yard', 'removed'])).toEqual(['yard', 'front', 'garden']);
    expect(sorted(['yard', 'garden', 'front'])).toEqual(['yard', 'garden', 'front']);
  });

  it('moves a camera one place forward, and no further than the first', () => {
    expect(movedUp(['a', 'b', 'c'], 'c')).toEqual(['a', 'c', 'b']);
    expect(movedUp(['a', 'b'], 'a')).toEqual(['a', 'b']);
    expect(movedUp(['a', 'b'], 'x')).toEqual(['a', 'b']);
  });
});
