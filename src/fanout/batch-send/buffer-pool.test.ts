import { describe, expect, it } from 'vitest';
import { Leftovers } from './buffer-pool.ts';

const kilobyte = 1_024;

describe('Leftovers', () => {
  it('copies bytes into memory that belongs to nobody else', () => {
    const leftovers = new Leftovers();
    const bytes = Buffer.from('the rest of a picture');
    const copy = leftovers.copyOf(bytes);
    const other = leftovers.copyOf(Buffer.from('of another viewer'));
    bytes.fill(0);
    expect(copy.toString()).toBe('the rest of a picture');
    expect(other.toString()).toBe('of another viewer');
  });

  it('uses memory again that was given back, for copies that need no more of it', () => {
    const leftovers = new Leftovers();
    const first = leftovers.copyOf(Buffer.alloc(100 * kilobyte));
    leftovers.giveBack(first);
    expect(leftovers.copyOf(Buffer.alloc(200 * kilobyte)).buffer).not.toBe(first.buffer);
    const second = leftovers.copyOf(Buffer.alloc(120 * kilobyte, 7));
    expect(second.buffer).toBe(first.buffer);
    expect(second.equals(Buffer.alloc(120 * kilobyte, 7))).toBe(true);
    expect(leftovers.copyOf(Buffer.alloc(100 * kilobyte)).buffer).not.toBe(first.buffer);
  });

  it('keeps no more than 16 MB that nobody uses', () => {
    const leftovers = new Leftovers();
    const picture = Buffer.alloc(kilobyte * kilobyte);
    const copies = Array.from({ length: 20 }, () => leftovers.copyOf(picture));
    for (const copy of copies) leftovers.giveBack(copy);
    const again = new Set(copies.map(({ buffer }) => buffer));
    const reused = Array.from({ length: 20 }, () => leftovers.copyOf(picture)).filter(({ buffer }) =>
      again.has(buffer),
    );
    expect(reused).toHaveLength(16);
  });
});
