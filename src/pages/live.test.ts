import { describe, expect, it } from 'vitest';
import { camera, live, shell, still } from '../../test/support/page-models.ts';
import type { CameraState } from '../domain/cameras/camera.ts';
import { problems, type ProblemCode } from '../domain/errors.ts';
import { pages } from './index.tsx';

describe('the live page without script', () => {
  const paused = pages.live(live);
  const buttonOf = (html: string, action: string) =>
    new RegExp(`<form[^>]*action="${action}"[\\s\\S]*?<button([^>]*)>`).exec(html)?.[1] ?? 'missing';

  it('is paused: Start is enabled, Stop and Capture are not', () => {
    expect(paused).toContain('Stream is paused.');
    expect(paused).not.toContain('/video_feed');
    expect(buttonOf(paused, '/stream/start')).not.toMatch(/disabled|missing/);
    expect(buttonOf(paused, '/stream/stop')).toContain('disabled');
    expect(buttonOf(paused, '/capture')).toContain('disabled');
  });

  it('shows the stream at the chosen size: Stop and Capture are enabled, Start is not', () => {
    const html = pages.live({ ...live, watching: { streaming: true, width: 640 } });
    expect(html).toContain('src="/video_feed?camera=front" width="640" height="360"');
    expect(html).not.toContain('Stream is paused.');
    expect(buttonOf(html, '/stream/start')).toContain('disabled');
    expect(buttonOf(html, '/stream/stop')).not.toMatch(/disabled|missing/);
    expect(buttonOf(html, '/capture')).not.toMatch(/disabled|missing/);
  });

  it('has one form for each action', () => {
    for (const action of ['/stream/start', '/stream/stop', '/stream/size', '/capture']) {
      expect(paused.split(`action="${action}"`)).toHaveLength(2);
    }
  });

  it('offers smaller sizes and the original size of the camera', () => {
    expect(paused).toMatch(
      /<option value="320">320\u00a0×\u00a0180<\/option><option value="640">640\u00a0×\u00a0360<\/option>/,
    );
    expect(paused).toMatch(/<option [^>]*value="source"[^>]*>Original, 1280\u00a0×\u00a0720<\/option>/);
  });

  it('offers no capture without permission', () => {
    expect(pages.live({ ...live, mayCapture: false })).not.toContain('action="/capture"');
  });
});

describe('a camera that does not work', () => {
  const codes = (Object.keys(problems) as ProblemCode[]).filter((code) => /^(camera|capture|source|mode)_/.test(code));

  it.each(codes)('%s has a heading over the video, and says since when', (code) => {
    const since = Date.UTC(2026, 10, 22, 14, 32, 8);
    const state: CameraState = { kind: 'reconnecting', problem: { code, message: 'm' }, since, retryAt: since };
    const html = pages.live({ ...live, camera: { ...camera, state }, watching: { streaming: true, width: 'source' } });
    const heading = /<h2 class="over-heading">([^<]+)/.exec(html)?.[1];
    expect(heading).toBeDefined();
    expect(heading).not.toBe('Something went wrong');
    expect(html).toMatch(/<p class="over-since"><time [^>]*>Since \S/);
  });
});

it('the public sees no photos, and no way to them', () => {
  const live = {
    ...shell,
    camera,
    watching: still,
    photos: [],
    mayCapture: false,
    hasPoster: false,
    posters: [],
    kiosk: false,
  };
  expect(pages.live({ ...live, access: 'public', user: null })).not.toContain('aria-label="Photos"');
  expect(pages.live({ ...live, access: 'public' })).toContain('aria-label="Photos"');
});
