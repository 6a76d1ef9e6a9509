import { describe, expect, it } from 'vitest';
import { camera, live, shell, untested, values } from '../../test/support/page-models.ts';
import type { CameraState } from '../domain/cameras/camera.ts';
import { pages } from './index.tsx';

describe('the form of a camera whose address is shown in part', () => {
  const of = (source: string) =>
    pages.cameraForm({ ...shell, camera, values: { ...values, source }, webcams: [], ...untested });

  it('shows all of it on request, and does not need it', () => {
    const form = of('rtsp://192.0.2.7/…');
    expect(form).toContain(`formaction="/settings/cameras/${camera.id}/address"`);
    expect(/<input[^>]*name="source"[^>]*>/.exec(form)?.[0]).not.toContain('required');
    // The first button of a form is the one that Enter presses.
    expect(form.indexOf('Show address')).toBeGreaterThan(form.indexOf('>Save<'));
  });

  it('has no such button for a source that hides nothing', () => {
    expect(of('test:?fps=5')).not.toContain('Show address');
  });
});

it('the source of a camera from the startup options can be read, not changed', () => {
  const fixed = { ...camera, fixed: true };
  for (const source of ['test:?fps=5', '/dev/video0']) {
    const there = { ...fixed, modes: [{ width: 640, height: 480, fps: 30, format: 'mjpeg' }] };
    const form = pages.cameraForm({ ...shell, camera: there, values: { ...values, source }, webcams: [], ...untested });
    expect(/<input[^>]*name="source"[^>]*>/.exec(form)?.[0]).toContain('readonly');
  }
});

it('Enter does not answer whether to add a camera without a picture', () => {
  const question = { code: 'camera_failed', message: 'Nothing answers.' } as const;
  const form = pages.cameraForm({ ...shell, camera: null, values, webcams: [], ...untested, question });
  // The first button of a form is the one that Enter presses.
  expect(form.indexOf('name="anyway"')).toBeGreaterThan(form.indexOf('>Add this camera<'));
  expect(form).toMatch(/class="question".*name="anyway".*<\/div>/s);
});

describe('the claimed frame rate', () => {
  const state: CameraState = {
    kind: 'live',
    since: 0,
    width: 640,
    height: 480,
    fps: 12,
    format: 'mjpeg',
    claimedFps: 30,
    warning: 'Another Mode was chosen.',
  };
  const there = { ...camera, state };

  it('is shown next to the measured one, with the warning, on every page about the camera', () => {
    const form = pages.cameraForm({ ...shell, camera: there, values, webcams: [], ...untested });
    expect(form).toContain('<dd data-now="measured">12\u00a0fps</dd>');
    expect(form).toContain('<dd data-now="claimed">30\u00a0fps</dd>');
    const list = pages.settingsCameras({ ...shell, details: [there], webcams: [] });
    expect(list).toContain('640\u00a0×\u00a0480\u00a0· 12\u00a0fps of 30\u00a0· MJPEG');
    const stats = pages.live({ ...live, camera: there });
    expect(stats).toContain('<dd data-figure="source-rate">12\u00a0fps of 30</dd>');
    for (const html of [form, list, stats]) expect(html).toContain('>Another Mode was chosen.<');
  });
});

describe('devices', () => {
  const device = { path: '/dev/v4l/by-id/x', node: '/dev/video3', name: 'Webcam', modes: [] };
  const named = { ...camera, name: 'Webcam', source: '/dev/video0' };

  it('are added by one click, under an unused name', () => {
    const html = pages.settingsCameras({
      ...shell,
      details: [named],
      webcams: [{ device, camera: null, usedBy: null }],
    });
    expect(html).toContain('name="name" value="Webcam 2"');
    expect(html).toContain('name="source" value="/dev/v4l/by-id/x"');
  });

  it('that are already cameras are not offered again', () => {
    const webcams = [{ device, camera: named, usedBy: null }];
    const html = pages.settingsCameras({ ...shell, details: [named], webcams });
    expect(html).toMatch(/<section id="devices"[^>]* hidden/);
    const form = pages.cameraForm({ ...shell, camera: null, values: { name: '', source: '' }, webcams, ...untested });
    expect(form).toContain('aria-label="Open Webcam"');
    expect(form).not.toContain('Choose');
  });
});

describe('the modes of a webcam', () => {
  const mode = { format: 'mjpeg', width: 640, height: 480, fps: 30 } as const;
  const choices = (source: string): readonly (string | undefined)[] => {
    const webcam = { ...camera, source, modes: [mode] };
    const form = pages.cameraForm({
      ...shell,
      camera: webcam,
      values: { ...values, source },
      webcams: [],
      ...untested,
    });
    const select = /<select id="source"[\s\S]*?<\/select>/.exec(form)?.[0] ?? '';
    return [...select.matchAll(/<option (?:selected )?value="([^"]*)"/g)].map(([, value]) => value);
  };
  const its = '/dev/video0?width=640&amp;height=480&amp;fps=30&amp;format=mjpeg';

  it('are options with complete sources', () => {
    expect(choices('/dev/video0')).toEqual(['/dev/video0', its]);
  });

  it('keep the microphone of the source', () => {
    expect(choices('/dev/video0?microphone=hw:1,0')).toEqual([
      '/dev/video0?microphone=hw:1,0',
      `${its}&amp;microphone=hw:1,0`,
    ]);
  });
});
