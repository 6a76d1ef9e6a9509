import { expect, it } from 'vitest';
import { Listeners } from './listeners.ts';

it('calls every listener until it is removed', () => {
  const listeners = new Listeners<number>();
  const seen: string[] = [];
  const remove = listeners.add((event) => seen.push(`a${event}`));
  listeners.add((event) => seen.push(`b${event}`));
  listeners.emit(1);
  remove();
  remove();
  listeners.emit(2);
  listeners.clear();
  listeners.emit(3);
  expect(seen).toEqual(['a1', 'b1', 'b2']);
});

it('calls the other listeners although one throws', () => {
  const errors: unknown[] = [];
  const listeners = new Listeners<number>((error) => errors.push(error));
  const seen: number[] = [];
  listeners.add(() => {
    throw new Error('broken');
  });
  listeners.add((event) => seen.push(event));
  listeners.emit(1);
  expect(seen).toEqual([1]);
  expect(errors).toEqual([new Error('broken')]);
});

it('throws the error of a listener if nothing handles it', () => {
  const listeners = new Listeners<number>();
  listeners.add(() => {
    throw new Error('broken');
  });
  expect(() => listeners.emit(1)).toThrow('broken');
});
