import { describe, expect, it } from 'vitest';
import { FakeDriver, type FakeDevice } from './fake-driver.ts';
import { listModes } from './modes.ts';
import { captureFacts } from './nodes.ts';

function lines(device: FakeDevice): readonly string[] {
  return listModes(new FakeDriver(device)).map(
    ({ format, width, height, fps }) => `${format} ${width}x${height} ${fps}`,
  );
}

describe('listModes', () => {
  it('lists every format, size and rate, MJPEG first, then the largest and fastest', () => {
    const small = {
      width: 640,
      height: 480,
      intervals: [
        [1, 30],
        [1, 15],
      ],
    } as const;
    const large = { width: 1280, height: 720, intervals: [[1001, 30000]] } as const;
    expect(
      lines({
        formats: [
          { fourcc: 'H264', sizes: [large] },
          { fourcc: 'YUYV', sizes: [small] },
          { fourcc: 'MJPG', sizes: [small, large] },
          { fourcc: 'ZZZZ', sizes: [large] },
        ],
      }),
    ).toEqual([
      'mjpeg 1280x720 29.97',
      'mjpeg 640x480 30',
      'mjpeg 640x480 15',
      'yuyv422 640x480 30',
      'yuyv422 640x480 15',
      'h264 1280x720 29.97',
    ]);
  });

  it('lists the usual sizes and rates, and the largest, if the device supports ranges', () => {
    const any = { least: [320, 180], most: [1000, 600], step: 2 } as const;
    const found = lines({ formats: [{ fourcc: 'NV12', sizes: [any] }] });
    expect(found[0]).toBe('nv12 1000x600 60');
    expect(found).toContain('nv12 640x480 30');
    expect(found).not.toContain('nv12 160x120 30');
    expect(found).not.toContain('nv12 640x480 90');
  });

  it('lists nothing if the device offers nothing', () => {
    expect(lines({})).toEqual([]);
  });
});

describe('captureFacts of a node', () => {
  const facts = (device: FakeDevice) => captureFacts(new FakeDriver(device), '/dev/video7');

  it('that captures video describe it', () => {
    expect(facts({ card: 'HD Webcam', bus: 'usb-1' })).toEqual({
      node: '/dev/video7',
      name: 'HD Webcam',
      driver: 'fake',
      bus: 'usb-1',
    });
  });

  it.each([
    ['for metadata', { deviceCaps: 0x04a0_0000 }],
    ['for output', { deviceCaps: 0x0400_0002 }],
    ['that converts memory', { deviceCaps: 0x0400_8001 }],
    ['that needs others to be set up', { deviceCaps: 0x2400_0001 }],
    ['that cannot be read', { deviceCaps: 0x1 }],
  ])('%s are null', (_, device) => {
    expect(facts(device)).toBeNull();
  });

  it('of an old driver use the capabilities of the whole device', () => {
    expect(facts({ capabilities: 0x0400_0001, deviceCaps: 0 })).not.toBeNull();
    expect(facts({ capabilities: 0x0400_0002, deviceCaps: 0 })).toBeNull();
  });
});
