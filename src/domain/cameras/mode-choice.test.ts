import { describe, expect, it } from 'vitest';
import { inEnglish } from '../../messages/sentence.ts';
import { chooseMode, modeWarning, type WantedMode } from './mode-choice.ts';
import type { Mode } from './mode.ts';

/** `mjpeg 1280x720 30` */
function mode(text: string): Mode {
  const [format = '', size = '', fps] = text.split(' ');
  const [width, height] = size.split('x').map(Number);
  return { format, width: width ?? 0, height: height ?? 0, fps: Number(fps) };
}

const webcam = [
  'mjpeg 3840x2160 30',
  'mjpeg 1920x1080 60',
  'mjpeg 1920x1080 30',
  'mjpeg 1280x720 60',
  'mjpeg 1280x720 30',
  'mjpeg 640x480 30',
  'mjpeg 640x480 15',
  'yuyv422 1920x1080 5',
  'yuyv422 640x480 30',
  'yuyv422 800x600 20',
  'h264 2304x1296 30',
  'h264 1920x1080 30',
].map(mode);

function chosen(wanted: WantedMode, modes = webcam): string {
  const found = chooseMode(modes, wanted);
  return found === null ? 'none' : `${found.format} ${found.width}x${found.height} ${found.fps}`;
}

describe('chooseMode', () => {
  it('is by default the largest MJPEG Mode up to 1920 × 1080 at a usual rate', () => {
    expect(chosen({})).toBe('mjpeg 1920x1080 30');
  });

  it('is by default a fast raw Mode if MJPEG is slow or missing', () => {
    expect(chosen({}, ['mjpeg 1920x1080 10', 'yuyv422 640x480 30', 'yuyv422 1280x720 10'].map(mode))).toBe(
      'yuyv422 640x480 30',
    );
    expect(chosen({}, ['yuyv422 1280x720 10', 'yuyv422 640x480 15'].map(mode))).toBe('yuyv422 1280x720 10');
    expect(chosen({}, ['h264 1920x1080 30', 'nv12 640x480 30'].map(mode))).toBe('nv12 640x480 30');
    expect(chosen({}, ['h264 1920x1080 30'].map(mode))).toBe('h264 1920x1080 30');
    expect(chosen({}, ['mjpeg 3840x2160 30'].map(mode))).toBe('mjpeg 3840x2160 30');
    expect(chosen({}, [])).toBe('none');
  });

  it('is the wanted one, MJPEG before raw before H.264', () => {
    expect(chosen({ width: 640, height: 480 })).toBe('mjpeg 640x480 30');
    expect(chosen({ width: 640, height: 480, fps: 15 })).toBe('mjpeg 640x480 15');
    expect(chosen({ width: 800, height: 600 })).toBe('yuyv422 800x600 20');
    expect(chosen({ width: 2304, height: 1296 })).toBe('h264 2304x1296 30');
    expect(chosen({ width: 1920, height: 1080, format: 'yuyv422' })).toBe('yuyv422 1920x1080 5');
    expect(chosen({ format: 'h264' })).toBe('h264 1920x1080 30');
    expect(chosen({ fps: 60 })).toBe('mjpeg 1920x1080 60');
    expect(chosen({ width: 640, height: 480, fps: 30 }, [mode('mjpeg 640x480 29.97')])).toBe('mjpeg 640x480 29.97');
  });

  it('is the nearest one when the wanted one is not offered', () => {
    expect(chosen({ width: 1920, height: 1080, fps: 120 })).toBe('mjpeg 1920x1080 60');
    expect(chosen({ width: 1900, height: 1000 })).toBe('mjpeg 1920x1080 30');
    expect(chosen({ width: 700, height: 500, fps: 10 })).toBe('mjpeg 640x480 15');
    expect(chosen({ width: 1280, height: 720, format: 'yuyv422' })).toMatch(/^yuyv422/);
    expect(chosen({ width: 1280, height: 720, format: 'nv12' })).toBe('mjpeg 1280x720 30');
    expect(chosen({ format: 'nv12' })).toBe('mjpeg 1920x1080 30');
    // A slightly smaller Mode with smooth motion is nearer than one that stutters.
    const slow = ['mjpeg 1280x720 30', 'yuyv422 1920x1080 5'].map(mode);
    expect(chosen({ width: 1920, height: 1080, fps: 30 }, slow)).toBe('mjpeg 1280x720 30');
  });
});

describe('modeWarning', () => {
  const warning = (wanted: WantedMode, chosen: Mode) => inEnglish(modeWarning(wanted, chosen) ?? '');

  it('says what was asked for and what was chosen', () => {
    expect(warning({ width: 1920, height: 1080, fps: 60 }, mode('mjpeg 1280x720 30'))).toBe(
      'The camera does not offer 1920\u00a0×\u00a01080 at 60\u00a0fps; 1280\u00a0×\u00a0720 at 30\u00a0fps was chosen.',
    );
    expect(warning({ fps: 60 }, mode('mjpeg 640x480 29.97'))).toBe(
      'The camera does not offer 60\u00a0fps; 640\u00a0×\u00a0480 at 29.97\u00a0fps was chosen.',
    );
    expect(warning({ width: 640, height: 480, format: 'nv12' }, mode('mjpeg 640x480 30'))).toBe(
      'The camera does not offer 640\u00a0×\u00a0480 as nv12; 640\u00a0×\u00a0480 at 30\u00a0fps as mjpeg was chosen.',
    );
    expect(warning({ format: 'h264' }, mode('mjpeg 640x480 0'))).toBe(
      'The camera does not offer h264; 640\u00a0×\u00a0480 as mjpeg was chosen.',
    );
  });

  it('is undefined if the Mode is the wanted one, or none was wanted', () => {
    expect(modeWarning({}, mode('mjpeg 640x480 30'))).toBeUndefined();
    expect(modeWarning({ width: 640, height: 480, fps: 30 }, mode('mjpeg 640x480 29.97'))).toBeUndefined();
  });
});
