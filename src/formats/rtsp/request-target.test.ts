import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/support/mutations.ts';
import { readTarget } from './request-target.ts';

const read = (uri: string) => {
  const target = readTarget(uri);
  return target === null ? null : [target.path, target.query.toString(), target.track, target.base];
};

describe('readTarget', () => {
  it.each([
    ['rtsp://h:8554/front', ['front', '', null, 'rtsp://h:8554/front/']],
    ['rtsp://h:8554/front/', ['front', '', null, 'rtsp://h:8554/front/']],
    ['rtsp://ada:pa%40ss@h/front', ['front', '', null, 'rtsp://h/front/']],
    ['rtsp://h/front/trackID=1', ['front', '', 1, 'rtsp://h/front/']],
    ['rtsp://h/front?width=640&token=t', ['front', 'width=640&token=t', null, 'rtsp://h/front?width=640&token=t/']],
    ['rtsp://h/front?width=640/trackID=0', ['front', 'width=640', 0, 'rtsp://h/front?width=640/']],
    ['rtsp://h/front/?width=640/trackid=0/', ['front', 'width=640', 0, 'rtsp://h/front/?width=640/']],
    ['rtsp://[::1]:8554/trackID=0', ['', '', 0, 'rtsp://[::1]:8554/']],
    ['rtsp://h/Front%20door', ['Front door', '', null, 'rtsp://h/Front%20door/']],
    ['rtsp://h/%ff', ['%ff', '', null, 'rtsp://h/%ff/']],
    ['rtsp://h', ['', '', null, 'rtsp://h/']],
    ['*', null],
    ['/front', null],
    ['http://h/front', null],
  ])('reads %s', (uri, expected) => {
    expect(read(uri)).toEqual(expected);
  });

  it('reads anything quickly, and never shows a name or password', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (user, rest) => {
        const target = readTarget(`rtsp://${encodeURIComponent(user)}:secret@h/${rest}`);
        expect(target?.base.slice(0, 9)).toBe('rtsp://h/');
      }),
      seeded(500),
    );
    const start = performance.now();
    readTarget(`rtsp://h/${'/'.repeat(8_000)}x${'/trackID='.repeat(800)}`);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
