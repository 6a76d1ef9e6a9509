import { describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.ts';

const kilobyte = 1_024;

describe('BufferPool', () => {
  it('copies bytes into memory that belongs to nobody else', () => {
    const bufferPool = new BufferPool();
    const bytes = Buffer.from('the rest of a picture');
    const copy = bufferPool.copyOf(bytes);
    const other = bufferPool.copyOf(Buffer.from('of another viewer'));
    bytes.fill(0);
    expect(copy.toString()).toBe('the rest of a picture');
    expect(other.toString()).toBe('of another viewer');
  });

  it('uses memory again that was given back, for copies that need no more of it', () => {
    const bufferPool = new BufferPool();
    const first = bufferPool.copyOf(Buffer.alloc(100 * kilobyte));
    bufferPool.giveBack(first);
    expect(bufferPool.copyOf(Buffer.alloc(200 * kilobyte)).buffer).not.toBe(first.buffer);
    const second = bufferPool.copyOf(Buffer.alloc(120 * kilobyte, 7));
    expect(second.buffer).toBe(first.buffer);
    expect(second.equals(Buffer.alloc(120 * kilobyte, 7))).toBe(true);
    expect(bufferPool.copyOf(Buffer.alloc(100 * kilobyte)).buffer).not.toBe(first.buffer);
  });

  it('keeps no more than 16 MB that nobody uses', () => {
    const bufferPool = new BufferPool();
    const picture = Buffer.alloc(kilobyte * kilobyte);
    const copies = Array.from({ length: 20 }, () => bufferPool.copyOf(picture));
    for (const copy of copies) bufferPool.giveBack(copy);
    const again = new Set(copies.map(({ buffer }) => buffer));
    const reused = Array.from({ length: 20 }, () => bufferPool.copyOf(picture)).filter(({ buffer }) =>
      again.has(buffer),
    );
    expect(reused).toHaveLength(16);
  });
});
