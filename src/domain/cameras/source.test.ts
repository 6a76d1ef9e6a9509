import { describe, expect, it } from 'vitest';
import { PortholeError } from '../errors.ts';
import { parseSource, redactSource, restoreSecret } from './source.ts';

function problemOf(text: string): PortholeError {
  try {
    parseSource(text);
  } catch (error) {
    if (error instanceof PortholeError) return error;
    throw error;
  }
  throw new Error(`"${text}" was taken for a source`);
}

describe('parseSource', () => {
  it('reads the test pattern, by default 1280×720 at 30 frames per second', () => {
    expect(parseSource('test:')).toEqual({ kind: 'test', width: 1280, height: 720, fps: 30 });
    expect(parseSource(' TEST:?width=641&height=361&fps=12.5 ')).toEqual({
      kind: 'test',
      width: 640,
      height: 360,
      fps: 12.5,
    });
  });

  it('reads a device with the mode that is asked for', () => {
    expect(parseSource('/dev/video0')).toEqual({ kind: 'v4l2', path: '/dev/video0' });
    expect(parseSource('/dev/video0?width=1280&height=720&fps=30&format=mjpeg')).toEqual({
      kind: 'v4l2',
      path: '/dev/video0',
      width: 1280,
      height: 720,
      fps: 30,
      format: 'mjpeg',
    });
    const byId = '/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_1A2B3C-video-index0';
    expect(parseSource(byId)).toEqual({ kind: 'v4l2', path: byId });
  });

  it('parses the microphone of a device', () => {
    expect(parseSource('/dev/video0?microphone=hw:1,0')).toEqual({
      kind: 'v4l2',
      path: '/dev/video0',
      microphone: 'hw:1,0',
    });
    expect(parseSource('/dev/video0?fps=30&microphone=hw:CARD=C920,DEV=0')).toMatchObject({
      microphone: 'hw:CARD=C920,DEV=0',
    });
  });

  it('reads addresses, keeping them as they are written', () => {
    expect(parseSource('rtsp://user:p@192.168.1.20:554/a?b=c;d')).toEqual({
      kind: 'rtsp',
      url: 'rtsp://user:p@192.168.1.20:554/a?b=c;d',
    });
    expect(parseSource('rtsps://cam/')).toMatchObject({ kind: 'rtsp' });
    expect(parseSource('http://[fd00::1]:8080/?action=stream')).toMatchObject({ kind: 'http' });
    expect(parseSource('HTTPS://cam.example.org/')).toMatchObject({ kind: 'http' });
    expect(parseSource('http://cam/a.jpg?fps=9#fps=0.5')).toMatchObject({ kind: 'http', fps: 0.5 });
    expect(parseSource('http://cam/?fps=9#top')).not.toHaveProperty('fps');
    for (const fps of ['', '0', '61', 'fast'])
      expect(() => parseSource(`http://cam/#fps=${fps}`)).toThrow(/0\.01 to 60/);
  });

  it.each([
    ['rtsp://cam:a#b@10.0.0.2:554/x?y#z', 'rtsp://cam:a%23b@10.0.0.2:554/x?y#z'],
    ['http://cam:a/b?c d@[fd00::1]/', 'http://cam:a%2Fb%3Fc%20d@[fd00::1]/'],
    ['https://cam:p@:/?#[]%&=+ ü!@host', 'https://cam:p%40%3A%2F%3F%23%5B%5D%25%26%3D%2B%20%C3%BC!@host'],
    // These are URLs already.
    ['http://cam:a%23b@host/', 'http://cam:a%23b@host/'],
    ['http://host:80/a@b', 'http://host:80/a@b'],
  ])('encodes the password in %s', (text, url) => {
    expect(parseSource(text)).toMatchObject({ url });
    expect(redactSource(text)).toBe(redactSource(url));
  });

  it.each(['http://cam:a#b@c/d@e/', 'http://cam:a b@', 'http://cam:a#@b c/'])(
    'does not guess where the password ends in %s',
    (text) => {
      expect(() => parseSource(text)).toThrow(/%40 for @/);
    },
  );

  it('reads files, relative or absolute, also as file URLs', () => {
    expect(parseSource('file:clip.mp4')).toEqual({ kind: 'file', path: 'clip.mp4' });
    expect(parseSource('file:/srv/a clip?.mp4')).toEqual({ kind: 'file', path: '/srv/a clip?.mp4' });
    expect(parseSource('file:///srv/clip.mp4')).toEqual({ kind: 'file', path: '/srv/clip.mp4' });
  });

  it.each([
    '',
    '   ',
    'front',
    'exec:/bin/sh',
    'exec:ffmpeg -i x',
    'concat:/etc/passwd|/etc/hosts',
    'data:text/plain,x',
    'javascript:alert(1)',
    'subfile,,start,0,end,0,,:/etc/passwd',
    'lavfi:testsrc',
    'ffmpeg:/dev/video0',
    'pipe:0',
    'tcp://192.168.1.20:80',
    'udp://239.0.0.1:1234',
    'ftp://192.168.1.20/clip.mp4',
    'gopher://192.168.1.20/',
    'smb://host/share',
    '../dev/video0',
    '-i /dev/video0',
    '/etc/passwd',
    '/dev/../etc/passwd',
    '/dev/v4l/../../etc/passwd',
    '/dev/',
    '/dev',
    '/dev/video0;reboot',
    '/dev/video0 -f null',
    '/dev/$(reboot)',
    '/dev/video0`id`',
    '/dev/video0|cat',
    '/dev/video0\n/dev/video1',
    '/device/video0',
    'file:',
    'rtsp:',
    'rtsp://',
    'http://',
    'rtsp://user:pass@/path',
    'http://host:99999/',
    'rtsp://[::1/',
  ])('refuses %j', (text) => {
    expect(problemOf(text)).toMatchObject({ code: 'source_invalid', field: 'source' });
  });

  it.each(['file:/srv/clip.mp4\0.txt', '/dev/video0\0', 'rtsp://cam/\0', 'test:\0'])(
    'refuses a NUL character: %j',
    (text) => {
      expect(problemOf(text).message).toContain('NUL');
    },
  );

  it.each([
    ['test:?width=15', 'width'],
    ['test:?width=7681', 'width'],
    ['test:?width=640.5', 'width'],
    ['test:?width=', 'width'],
    ['test:?width=1e9', 'width'],
    ['test:?width=NaN', 'width'],
    ['test:?width=-640', 'width'],
    ['test:?height=4321', 'height'],
    ['test:?fps=0', 'fps'],
    ['test:?fps=241', 'fps'],
    ['test:?fps=Infinity', 'fps'],
    ['test:?format=mjpeg', 'format'],
    ['test:?__proto__=1', '__proto__'],
    ['/dev/video0?format=MJPG;x', 'format'],
    ['/dev/video0?format=-i', 'format'],
    ['/dev/video0?microphone=default', 'microphone'],
    ['/dev/video0?microphone=file:/etc/passwd', 'microphone'],
    ['test:?microphone=hw:1,0', 'microphone'],
    ['/dev/video0?input=/etc/passwd', 'input'],
    ['/dev/video0?constructor=1', 'constructor'],
    ['test:width=640', 'Options start'],
  ])('says which option is wrong: %j', (text, part) => {
    expect(problemOf(text).message).toContain(part);
  });

  // URL and FFmpeg read these differently: one checks an address, the other connects to another.
  it.each([
    'http:///path',
    'http:127.0.0.1/',
    'http:user:hunter2@cam/',
    'http:\\\\cam\\path',
    'http://allowed\\@127.0.0.1/',
    'http://cam/\r\nX-Header: 1',
    'rtsp://cam/ -f null',
  ])('refuses the ambiguous address %j', (text) => {
    expect(problemOf(text)).toMatchObject({ code: 'source_invalid' });
  });

  it('does not repeat a password with a slash in it either', () => {
    expect(problemOf('rtsp://admin:hunter/2@').message).not.toContain('hunter');
  });

  it('does not repeat a password when it complains', () => {
    expect(problemOf('ftp://admin:hunter2@cam/').message).not.toContain('hunter2');
    expect(problemOf('rtsp://admin:hunter2@cam:port/').message).not.toContain('hunter2');
    expect(problemOf('foo://cam/?password=hunter2').message).not.toContain('hunter2');
  });
});

describe('redactSource', () => {
  it.each([
    ['rtsp://admin:hunter2@cam/stream', 'rtsp://cam/…'],
    ['rtsp://:hunter2@cam/', 'rtsp://cam/…'],
    ['rtsp://hunter2@cam:8554', 'rtsp://cam:8554/…'],
    ['rtsp://admin:hunt@er2@cam/', 'rtsp://cam/…'],
    ['rtsp://admin:hunt:er2@cam/', 'rtsp://cam/…'],
    ['rtsp://admin:hunt@er2@hunter2@cam/', 'rtsp://cam/…'],
    ['HTTPS://admin:hunter2@cam/', 'https://cam/…'],
    ['rtsp://cam/user=admin_password=hunter2_channel=1_stream=0.sdp?real_stream', 'rtsp://cam/…'],
    ['rtsp://cam/hunter2', 'rtsp://cam/…'],
    ['http://cam/?hunter2', 'http://cam/…'],
    ['http://cam?%74oken=hunter2', 'http://cam/…'],
    ['http://cam:81#hunter2', 'http://cam:81/…'],
    ['http://[fe80::1]:8080/hunter2', 'http://[fe80::1]:8080/…'],
    ['rtmp://admin:hunter2@cam/live', 'rtmp://cam/…'],
    ['rtsp:admin:hunter2@cam/stream', 'rtsp://…'],
    ['rtsp:/admin:hunter2@cam/stream', 'rtsp://…'],
    ['//admin:hunter2@cam/stream', '…'],
    ['admin:hunter2@cam/stream', '…'],
    ['cam/?token=hunter2', '…'],
  ])('hides the rest of %s', (text, shown) => {
    expect(redactSource(text)).toBe(shown);
  });

  it.each(['rtsp://cam', 'http://192.168.1.20:8080/', '/dev/video0?width=640', 'file:a:b@c', 'test:?fps=5', 'webcam'])(
    'leaves %s alone',
    (text) => {
      expect(redactSource(text)).toBe(text);
    },
  );

  it.each(['rtsp:admin:hunter2@cam/stream', '//admin:hunter2@cam', 'admin:hunter2@cam', 'cam?hunter2', 'foo:hunter2'])(
    'is the text of an error about %s',
    (text) => {
      expect(problemOf(text).message).not.toContain('hunter2');
    },
  );
});

describe('restoreSecret', () => {
  const stored = 'rtsp://admin:hunter2@cam/stream';

  it('keeps the source when a form sends back what it was shown, or nothing', () => {
    expect(restoreSecret(redactSource(stored), stored)).toBe(stored);
    expect(restoreSecret('', stored)).toBe(stored);
  });

  it('takes a new source as it is written, without the old password', () => {
    expect(restoreSecret('rtsp://other/stream', stored)).toBe('rtsp://other/stream');
    expect(restoreSecret('rtsp://cam', stored)).toBe('rtsp://cam');
  });

  it.each(['rtsp://elsewhere/…', 'rtsp://admin:•••@cam/stream'])('refuses %s, whose rest it does not know', (text) => {
    expect(() => restoreSecret(text, stored)).toThrow('Part of this address is hidden');
  });
});
