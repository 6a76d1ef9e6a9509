import { describe, expect, it } from 'vitest';
import { camera, controls, hostile, live, shell, still } from '../../test/support/page-models.ts';
import { pages } from './index.tsx';

describe('the controls of a camera', () => {
  it('are grouped, with range, unit and the reason why one cannot be set', () => {
    const html = pages.cameraControls({ ...shell, camera, watching: still, hasPoster: true, controls, problem: null });
    expect([...html.matchAll(/<legend>([^<]+)/g)].map((match) => match[1])).toEqual([
      'Picture',
      'Exposure',
      'Focus',
      'Other',
    ]);
    expect(html).toMatch(/<input [^>]*min="1" max="9" step="2" value="3"[^>]*type="number"/);
    expect(html).toMatch(/name="control.exposure_time" disabled/);
    expect(html).toContain('Choose its manual mode to set this');
    expect(html).toContain('<span>0.1\u00a0ms</span>');
    expect(html).toContain('Current: 7');
    expect(html).toMatch(/Exposure[^<]*<span class="optional"> \(100\u00a0µs\)/);
  });

  it('have arrows, zoom and presets for a camera that can be moved, and only what it can do', () => {
    const pad = (turns: boolean, zooms: boolean) =>
      pages.cameraControls({
        ...shell,
        camera,
        watching: still,
        hasPoster: false,
        controls: [],
        ptz: { turns, zooms, presets: [{ id: hostile, name: hostile }] },
        problem: null,
      });
    const values = (html: string) => [...html.matchAll(/name="move" value="(\w+)"/g)].map(([, value]) => value);
    expect(values(pad(true, true))).toEqual(['up', 'left', 'right', 'down', 'in', 'out']);
    expect(values(pad(false, true))).toEqual(['in', 'out']);
    expect(pad(true, false)).not.toContain(hostile);
    expect(pad(false, false)).toContain('Presets');
  });

  it('are reported as missing', () => {
    const html = pages.cameraControls({
      ...shell,
      camera,
      watching: still,
      hasPoster: false,
      controls: [],
      problem: null,
    });
    expect(html).toContain('has no controls that Porthole can set');
  });

  it('are offered only to users who may set them', () => {
    expect(pages.live(live)).toContain('href="/cameras/front/controls"');
    expect(pages.live({ ...live, mayCapture: false })).not.toContain('/controls');
  });
});
