import { expect, it } from 'vitest';
import { sourceOf } from './camera-entry.ts';

it('a chosen mode becomes options of the source', () => {
  const mode = { width: '1280', height: '720', fps: '30', format: 'mjpeg' };
  expect(sourceOf({ source: '/dev/video0?width=640', ...mode })).toBe(
    '/dev/video0?width=1280&height=720&fps=30&format=mjpeg',
  );
  expect(sourceOf({ source: 'rtsp://cam/', ...mode })).toBe('rtsp://cam/');
  expect(sourceOf({ source: '/dev/video0', width: '' })).toBe('/dev/video0');
});
