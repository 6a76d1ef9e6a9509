import { describe, expect, it } from 'vitest';
import { wantedWidth, type WidthFacts } from './wanted-width.ts';

const facts: WidthFacts = {
  chosen: 'auto',
  most: 'source',
  element: { width: 400, height: 225 },
  density: 1,
  scale: 1,
  source: { width: 1280, height: 720 },
};

describe('wantedWidth', () => {
  it('is the width of the element in device pixels', () => {
    expect(wantedWidth(facts)).toBe(400);
    expect(wantedWidth({ ...facts, density: 2 })).toBe(800);
  });

  it('is limited to save data, whatever was chosen', () => {
    expect(wantedWidth({ ...facts, chosen: 'source', saver: 640 })).toBe(640);
    expect(wantedWidth({ ...facts, chosen: 1000, scale: 3, saver: 640 })).toBe(640);
    expect(wantedWidth({ ...facts, saver: 640 })).toBe(400);
    expect(wantedWidth({ ...facts, chosen: 'source', source: { width: 320, height: 240 }, saver: 640 })).toBe('source');
  });

  it('excludes letterbox bars', () => {
    expect(wantedWidth({ ...facts, element: { width: 1000, height: 225 } })).toBe(400);
  });

  it('is never more than the camera has', () => {
    expect(wantedWidth({ ...facts, density: 4 })).toBe('source');
    expect(wantedWidth({ ...facts, element: { width: 3000, height: 3000 } })).toBe('source');
  });

  it('never exceeds the chosen width', () => {
    expect(wantedWidth({ ...facts, most: 320 })).toBe(320);
    expect(wantedWidth({ ...facts, chosen: 640 })).toBe(640);
    expect(wantedWidth({ ...facts, chosen: 'source' })).toBe('source');
  });

  it('grows with the zoom, up to the camera’s own', () => {
    expect(wantedWidth({ ...facts, scale: 2.5 })).toBe(1000);
    expect(wantedWidth({ ...facts, chosen: 320, scale: 2 })).toBe(640);
    expect(wantedWidth({ ...facts, chosen: 640, scale: 4 })).toBe('source');
    expect(wantedWidth({ ...facts, most: 320, scale: 8 })).toBe('source');
  });

  it('is accepted by the server for any element size', () => {
    expect(wantedWidth({ ...facts, element: { width: 0, height: 0 } })).toBe(16);
    expect(wantedWidth({ ...facts, element: { width: 9000, height: 9000 }, source: null })).toBe(7680);
  });
});
