import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { camera, connecting, token } from '../../test/support/page-models.ts';
import { cameraAddresses } from './connect/addresses.ts';
import { presets } from './connect/presets.ts';
import { pages } from './index.tsx';
import type { ConnectModel } from './models.ts';

describe('the page that connects programs', () => {
  const html = (change: Partial<ConnectModel>) => pages.connect({ ...connecting, ...change });
  const made = { ...token, name: 'Frigate', token: 'porthole_secret' };

  it('puts a new token into every address and snippet, and asks for one until then', () => {
    expect(html({}).match(/token=TOKEN/g)?.length).toBeGreaterThan(15);
    const page = html({ newToken: made, program: 'Frigate' });
    expect(page).not.toContain('TOKEN');
    expect(page.match(/porthole_secret/g)?.length).toBeGreaterThan(15);
    expect(page).toContain('id="frigate" open');
    expect(page).not.toContain('name="program"');
  });

  it('keeps what was entered for a token that could not be created', () => {
    const error = { code: 'too_many_tokens', message: 'Revoke one first.' } as const;
    const page = html({ error, typed: { name: 'Wall', days: '7' } });
    expect(page).toMatch(/<input[^>]*value="Wall"/);
    expect(page).toMatch(/<option[^>]*value="7"[^>]*selected|<option[^>]*selected[^>]*value="7"/);
  });

  it('needs no token where anybody may watch, and says that programs on other machines need another address', () => {
    const page = html({ access: 'public', mayCreateToken: false, server: 'http://localhost:8080' });
    expect(page).not.toMatch(/token=|TOKEN|Create token/);
    expect(page).toContain('--host 0.0.0.0');
    expect(html({})).not.toContain('--host 0.0.0.0');
  });

  it('shows for each program what docs/other-programs.md has', () => {
    const docs = readFileSync(new URL('../../docs/other-programs.md', import.meta.url), 'utf8').replaceAll(
      '$TOKEN',
      'TOKEN',
    );
    const server = { server: 'http://HOST', rtsp: 'rtsp://HOST:8554' };
    const parts = { ...server, id: 'front-door', token: 'TOKEN', width: 'source', fps: null } as const;
    const size = { width: 640, height: 480 };
    const all = presets({ ...parts, addresses: cameraAddresses(parts), size });
    const lines = all.flatMap(({ ways }) =>
      ways.flatMap(({ fields }) => fields.flatMap(({ value }) => value.split('\n').map((line) => line.trim()))),
    );
    expect(lines.length).toBeGreaterThan(40);
    expect(lines.filter((line) => !docs.includes(line))).toEqual([]);
  });

  it('builds each address with the size and frame rate that apply to it', () => {
    const parts = {
      server: 'https://cam.example.org',
      id: 'front-door',
      token: 't',
      width: 640,
      fps: 5,
      rtsp: 'rtsp://cam.example.org:8554',
    } as const;
    expect(cameraAddresses(parts)).toEqual({
      mjpeg: 'https://cam.example.org/cameras/front-door/stream.mjpeg?width=640&fps=5&token=t',
      snapshot: 'https://cam.example.org/cameras/front-door/snapshot.jpg?width=640&token=t',
      hls: 'https://cam.example.org/cameras/front-door/index.m3u8?width=640&token=t',
      mp4: 'https://cam.example.org/cameras/front-door/live.mp4?width=640&token=t',
      whep: 'https://cam.example.org/cameras/front-door/whep?width=640&token=t',
      rtsp: 'rtsp://cam.example.org:8554/front-door?width=640&token=t',
      octoprintWebRtc: 'webrtcs://cam.example.org/webrtc?camera=front-door&width=640&token=t',
      embed: 'https://cam.example.org/cameras/front-door/embed?width=640&token=t',
    });
  });
});

describe('a message with marked parts', () => {
  it('renders the parts that it knows, and all others as text', () => {
    const page = pages.connect({ ...connecting, camera: { ...camera, name: '<code>x</code> <evil>y</evil>' } });
    expect(page).toContain('Programs need a token in place of <code>TOKEN</code>.');
    expect(page).toContain('under <a href="/account#tokens">Account</a>.');
    expect(page).toContain('&lt;evil>y&lt;/evil>');
  });
});
