import { expect, it } from 'vitest';
import { CameraQuirks } from './camera-quirks.ts';

it('CameraQuirks follows three redirects, and counts what it learns', () => {
  const quirks = new CameraQuirks('rtsp://cam:pa55@camera:8554/live');
  quirks.redirect('rtsp://10.0.0.1:8554/live');
  expect(quirks.count).toBe(0);
  for (let at = 0; at < 10; at += 1) quirks.redirect(`rtsp://camera:8554/${at}`);
  expect(quirks.url).toBe('rtsp://cam:pa55@camera:8554/2');
  quirks.refusesAudio = true;
  quirks.hangUp('OPTIONS');
  quirks.hangUp('OPTIONS');
  expect(quirks.count).toBe(5);
});
