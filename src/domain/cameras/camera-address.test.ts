import { describe, expect, it } from 'vitest';
import { readAddress, splitLogin, withLogin } from './camera-address.ts';
import { cameraMakers } from './camera-makers.ts';
import { parseSource } from './source.ts';

const addresses = (...args: Parameters<typeof readAddress>) => {
  const read = readAddress(...args);
  return read.kind === 'host' ? read.addresses : [];
};

describe('the address of a camera', () => {
  it.each([
    ['/dev/video0'],
    ['test:?width=320'],
    ['file:/clips/a.mp4'],
    ['rtsp://192.168.1.20/stream'],
    ['nonsense'],
    ['gopher://camera'],
    ['two words'],
  ])('%s is a whole source, or none', (source) => {
    expect(readAddress({ source })).toEqual({ kind: 'source', source });
  });

  it.each([
    ['192.168.1.20', '192.168.1.20'],
    ['192.168.1.20:8080', '192.168.1.20:8080'],
    ['front-door.local', 'front-door.local'],
    ['localhost', 'localhost'],
    ['fd00::20', '[fd00::20]'],
    ['[fd00::20]:8554', '[fd00::20]:8554'],
  ])('%s is a host', (source, host) => {
    expect(readAddress({ source })).toMatchObject({ kind: 'host', host });
  });

  it('takes a single word as a host if the maker or the path is known', () => {
    expect(addresses({ source: 'printer', path: '/stream' })).toEqual([
      'rtsp://printer:554/stream',
      'http://printer:80/stream',
    ]);
  });

  it('has the addresses of its maker, at its own port if that is given', () => {
    expect(addresses({ source: '10.0.0.5', maker: 'tapo' })).toEqual([
      'rtsp://10.0.0.5:554/stream1',
      'rtsp://10.0.0.5:554/stream2',
    ]);
    expect(addresses({ source: '[fd00::20]:81', maker: 'esp32' })).toEqual([
      'http://[fd00::20]:81/stream',
      'http://[fd00::20]:81/cam.mjpeg',
      'http://[fd00::20]:81/',
      'http://[fd00::20]:81/capture',
    ]);
    expect(addresses({ source: '10.0.0.5:8080/video' })).toEqual([
      'rtsp://10.0.0.5:8080/video',
      'http://10.0.0.5:8080/video',
    ]);
  });

  it('asks for the path where each camera has its own', () => {
    expect(() => readAddress({ source: '10.0.0.1', maker: 'unifi' })).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'path' }),
    );
    expect(addresses({ source: '10.0.0.1', maker: 'unifi', path: '/AbC' })).toEqual(['rtsp://10.0.0.1:7447/AbC']);
  });

  it('has sources at every maker, and all of them if the maker is unknown', () => {
    const all = addresses({ source: '10.0.0.5' });
    for (const maker of cameraMakers) {
      for (const address of maker.addresses) expect(all).toContain(address.replace('HOST', '10.0.0.5'));
      expect(URL.canParse(maker.documented)).toBe(true);
    }
    for (const address of all) expect(parseSource(address)).toMatchObject({ kind: /^[a-z]+/.exec(address)?.[0] });
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeLessThanOrEqual(48);
  });
});

describe('a login', () => {
  it.each(['p@ss/w#rd?', 'a:b%c', "O'Neil (1)!*", 'päß wörd', '@', '%2F'])(
    'may have any characters: %s',
    (password) => {
      const address = withLogin('rtsp://10.0.0.5:554/live?a=1', 'ad min@home', password);
      expect(parseSource(address)).toEqual({ kind: 'rtsp', url: address });
      expect(new URL(address).host).toBe('10.0.0.5:554');
      expect(splitLogin(address)).toEqual({ source: 'rtsp://10.0.0.5:554/live?a=1', user: 'ad min@home', password });
    },
  );

  it('is not added to an address that has one, nor to a source without', () => {
    expect(withLogin('http://a:b@c/', 'x', 'y')).toBe('http://a:b@c/');
    expect(withLogin('/dev/video0', 'x', 'y')).toBe('/dev/video0');
    expect(splitLogin('http://c/?user=a@b')).toBeNull();
  });
});

it('text that is no address is read at once, however long its words are', () => {
  const name = 'camera.behind-the-shed.garden.example.org';
  expect(readAddress({ source: `${name}/live stream` })).toEqual({ kind: 'source', source: `${name}/live stream` });
});
