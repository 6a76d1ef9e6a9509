import { describe, expect, it } from 'vitest';
import { cameraIdFrom, uniqueCameraId } from './camera.ts';

describe('cameraIdFrom', () => {
  it.each([
    ['front', 'front'],
    ['Front Door', 'front-door'],
    ['  Küche (Süd)  ', 'kuche-sud'],
    ['Crème brûlée', 'creme-brulee'],
    ['3D printer #2', '3d-printer-2'],
    ['a--b__c', 'a-b-c'],
    ['../../etc/passwd', 'etc-passwd'],
    ['<script>alert(1)</script>', 'script-alert-1-script'],
    ['ﬁlm ½', 'film-1-2'],
    ['Ⅷ', 'viii'],
    ['🐱 cat', 'cat'],
    ['a\0b\nc', 'a-b-c'],
  ])('makes an address of %j', (name, id) => {
    expect(cameraIdFrom(name)).toBe(id);
  });

  it.each(['', ' ', '---', '🐱', '正面', 'камера', '\0', '́'])('is "camera" if no character can be used: %j', (name) => {
    expect(cameraIdFrom(name)).toBe('camera');
  });

  it('has at most 40 characters and no dash at an end', () => {
    expect(cameraIdFrom('x'.repeat(100))).toBe('x'.repeat(40));
    expect(cameraIdFrom(`${'x'.repeat(39)} yz`)).toBe('x'.repeat(39));
  });
});

describe('uniqueCameraId', () => {
  it('counts up while the id is taken', () => {
    expect(uniqueCameraId('Front', new Set())).toBe('front');
    expect(uniqueCameraId('Front', new Set(['front']))).toBe('front-2');
    expect(uniqueCameraId('🐱', new Set(['camera', 'camera-2', 'camera-4']))).toBe('camera-3');
  });
});
