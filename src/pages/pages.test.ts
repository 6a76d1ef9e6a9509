import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CameraDetails, CameraState } from '../domain/cameras/camera.ts';
import type { Control } from '../domain/cameras/control.ts';
import { problems, type ProblemCode } from '../domain/errors.ts';
import type { Photo } from '../domain/photo.ts';
import { defaultPreferences } from '../domain/users/preferences.ts';
import { browserWord } from './account.tsx';
import { cameraAddresses } from './connect/addresses.ts';
import { presets } from './connect/presets.ts';
import { operationsOf } from './api-description.tsx';
import { pages } from './index.tsx';
import type { ConnectModel, Shell } from './models.ts';
import { safeJson } from './parts/document.tsx';

const hostile = `</script><img src=x onerror="alert(1)">'&`;
const camera: CameraDetails = {
  id: 'front',
  name: hostile,
  state: { kind: 'closed' },
  enabled: true,
  position: 0,
  widths: [320, 640, 1280],
  size: { width: 1280, height: 720 },
  source: hostile,
  fixed: false,
  modes: [],
  bestPhotos: false,
  substream: null,
};
const photo: Photo = {
  id: 'p1',
  cameraId: 'front',
  cameraName: hostile,
  takenAt: Date.UTC(2026, 10, 22, 14, 32, 8),
  takenBy: hostile,
  width: 1280,
  height: 720,
  bytes: 400_000,
  fileName: 'a.jpg',
};
const shell: Shell = {
  language: 'en',
  user: { username: 'maria', role: 'admin' },
  csrf: 'the-token',
  cameras: [camera, { ...camera, id: 'back' }],
  flash: { kind: 'error', text: hostile, details: hostile },
  path: '/?camera=front',
  assets: {
    style: '/assets/s.css',
    live: '/assets/l.js',
    photos: '/assets/p.js',
    settings: '/assets/t.js',
    ptz: '/assets/ptz.js',
    imports: { live: ['/assets/a.js', '/assets/b.js'] },
  },
  version: '1.2.3',
  access: 'private',
  preferences: defaultPreferences,
  savesData: false,
  times: { locale: 'en-GB', zone: null, serverZone: 'UTC' },
};
const problem = { code: 'camera_busy', message: hostile, detail: hostile } as const;
const still = { streaming: false, width: 'source' } as const;
const live = {
  ...shell,
  camera,
  watching: still,
  photos: [photo],
  mayCapture: true,
  posters: [camera.id],
  kiosk: false,
};
const day = { day: '2026-11-22', photos: [photo], total: { day: '2026-11-22', count: 1, bytes: 400_000 } };
const usage = { count: 1, bytes: 400_000 };
const user = { id: 'u', username: hostile, role: 'viewer', cameras: ['front'], createdAt: 0 } as const;
const session = { id: 's', createdAt: 0, lastSeenAt: 0, ipAddress: null, userAgent: hostile, current: false };
const token = {
  id: 't',
  name: hostile,
  username: 'maria',
  createdAt: 0,
  lastUsedAt: null,
  scope: 'watch',
  cameras: [hostile],
  expiresAt: 1,
  role: 'viewer',
} as const;
const values = { name: hostile, source: hostile };
const connecting = {
  ...shell,
  camera,
  server: 'https://cam.example.org',
  rtsp: null,
  width: 'source',
  fps: null,
  program: null,
  newToken: null,
  mayCreateToken: true,
  origins: [hostile],
  error: null,
} as const;

const control = { id: 'x', name: hostile, group: hostile, inactive: false, readonly: false } as const;
const number = { ...control, type: 'integer', min: 1, max: 9, step: 2, default: 1, value: 3, unit: hostile } as const;
const controls: readonly Control[] = [
  { ...number, id: 'brightness' },
  { ...number, id: 'exposure_time', inactive: true, unit: '100 µs' },
  { ...control, id: 'auto_exposure', type: 'menu', options: [{ value: 0, label: hostile }], default: 0, value: 0 },
  { ...control, id: 'link', type: 'intmenu', options: [{ value: 0, label: 400 }], default: 0, value: 7 },
  { ...control, id: 'flip', type: 'boolean', default: false, value: true },
  { ...control, id: 'focus', type: 'button' },
];

const untested = { missing: null, test: null, error: null } as const;
const tile = {
  camera,
  watching: { ...still, streaming: true },
  autoStart: false,
  hasPoster: false,
  pictureAt: null,
};

const all: Record<keyof typeof pages, string> = {
  live: pages.live(live),
  grid: pages.grid({ ...shell, tiles: [tile], grid: { layout: 'auto', order: [], autoStart: false } }),
  still: pages.still({ language: 'en', camera, style: '/assets/s.css', picture: '/x.jpg' }),
  photos: pages.photos({
    ...shell,
    days: [day],
    next: 'x',
    usage,
    mayDelete: true,
    filter: { camera: null, before: null },
  }),
  photo: pages.photo({
    ...shell,
    photo,
    newer: 'a',
    older: 'b',
    mayDelete: true,
    links: [{ id: 'l', photoId: 'p1', createdBy: hostile, createdAt: 0, expiresAt: 1, url: hostile }],
  }),
  sharedPhoto: pages.sharedPhoto({ ...shell, photo: { ...photo, file: '/f?key=k', expiresAt: 1 }, problem: null }),
  login: pages.login({ ...shell, user: null, error: problem, username: hostile, next: hostile }),
  setup: pages.setup({ ...shell, user: null, code: hostile, error: problem, field: 'username', username: hostile }),
  settingsCameras: pages.settingsCameras({ ...shell, details: [camera], webcams: [] }),
  welcome: pages.welcome({
    ...shell,
    isFirst: false,
    webcams: [
      {
        device: { path: hostile, node: hostile, name: hostile, modes: [] },
        camera: { id: hostile, name: hostile, enabled: true, fixed: false },
        usedBy: hostile,
      },
    ],
    missing: { kind: 'forbidden', nodes: [hostile], user: hostile, group: hostile, isMember: false },
    error: problem,
  }),
  cameraForm: pages.cameraForm({
    ...shell,
    camera,
    values,
    ...untested,
    webcams: [],
    test: { ok: false, problem },
    error: problem,
  }),
  cameraControls: pages.cameraControls({ ...shell, camera, watching: still, hasPoster: true, controls, problem: null }),
  users: pages.users({
    ...shell,
    users: [user],
    error: problem,
    values: { id: user.id, username: hostile, role: 'operator', cameras: [hostile], revokeTokens: false },
  }),
  account: pages.account({
    ...shell,
    sessions: [session],
    tokens: [token],
    newToken: { ...token, token: hostile },
    error: problem,
  }),
  connect: pages.connect({ ...connecting, error: problem }),
  embed: pages.embed({ ...shell, camera, token: hostile, width: 640, problem: null }),
  problem: pages.problem({ ...shell, status: 500, problem }),
  apiDescription: pages.apiDescription({
    ...shell,
    server: hostile,
    spec: { paths: { [hostile]: { get: { summary: hostile } } } },
  }),
};

describe('every page', () => {
  it.each(Object.entries(all))('%s is a whole document with a title, a heading and a main part', (_name, html) => {
    expect(html).toMatch(/^<!doctype html><html lang="en"/);
    expect(html).toMatch(/<title>[^<]+ · Porthole<\/title>/);
    expect(html.match(/<h1[ >]/g)).toHaveLength(1);
    expect(html).toContain('<main id="main"');
  });

  it.each(Object.entries(all))('%s escapes hostile names', (_name, html) => {
    expect(html).not.toContain('<img src=x');
    expect(html).not.toContain('onerror="');
    expect(html).not.toContain('</script><img');
  });

  it.each(Object.entries(all))(
    '%s has no inline script, style or handler, as its Content-Security-Policy requires',
    (_name, html) => {
      expect(html.match(/<script(?![^>]*(?:src=|type="application\/json"))/g)).toBeNull();
      expect(html).not.toMatch(/<style|<[^>]+ style=|<[a-z]+ [^>]*\bon[a-z]+="/);
    },
  );

  it.each(Object.entries(all))('%s preloads exactly the imports of its script', (_name, html) => {
    const asked = [...html.matchAll(/<link rel="modulepreload" href="([^"]+)"/g)].map(([, address]) => address);
    expect(asked).toEqual(html.includes('src="/assets/l.js"') ? ['/assets/a.js', '/assets/b.js'] : []);
  });

  it.each(Object.entries(all))('%s has a CSRF token in every POST form', (_name, html) => {
    for (const form of html.match(/<form [^>]*method="post"[^>]*>[\s\S]*?<\/form>/g) ?? []) {
      expect(form).toContain('<input type="hidden" name="_csrf" value="the-token"');
    }
  });
});

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

describe('the live page without script', () => {
  const buttonOf = (html: string, action: string) =>
    new RegExp(`<form[^>]*action="${action}"[\\s\\S]*?<button([^>]*)>`).exec(html)?.[1] ?? 'missing';

  it('is paused: Start is enabled, Stop and Capture are not', () => {
    expect(all.live).toContain('Stream is paused.');
    expect(all.live).not.toContain('/video_feed');
    expect(buttonOf(all.live, '/stream/start')).not.toMatch(/disabled|missing/);
    expect(buttonOf(all.live, '/stream/stop')).toContain('disabled');
    expect(buttonOf(all.live, '/capture')).toContain('disabled');
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
      expect(all.live.split(`action="${action}"`)).toHaveLength(2);
    }
  });

  it('offers smaller sizes and the original size of the camera', () => {
    expect(all.live).toMatch(
      /<option value="320">320\u00a0×\u00a0180<\/option><option value="640">640\u00a0×\u00a0360<\/option>/,
    );
    expect(all.live).toMatch(/<option [^>]*value="source"[^>]*>Original, 1280\u00a0×\u00a0720<\/option>/);
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

describe('the controls of a camera', () => {
  it('are grouped, with range, unit and the reason why one cannot be set', () => {
    const html = all.cameraControls;
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
    expect(all.live).toContain('href="/cameras/front/controls"');
    expect(pages.live({ ...live, mayCapture: false })).not.toContain('/controls');
  });
});

describe('parts of pages', () => {
  it('JSON in a page cannot end its script', () => {
    expect(safeJson({ a: '</script>&\u2028' })).toBe('{"a":"\\u003c/script\\u003e\\u0026\\u2028"}');
    expect(JSON.parse(safeJson({ a: hostile }))).toEqual({ a: hostile });
  });

  it('a browser has its usual name', () => {
    expect(browserWord('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36')).toBe(
      'Chrome on Linux',
    );
    expect(browserWord('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1')).toBe('Safari on iPhone');
    expect(browserWord('curl/8.1')).toBe('curl');
    expect(browserWord(null)).toBe('A program');
  });

  it('an invalid API document has no operations', () => {
    expect(operationsOf(null)).toEqual([]);
    expect(operationsOf({ paths: { '/a': null } })).toEqual([]);
    const schema = { $ref: '#/components/schemas/Name' };
    const body = { content: { 'application/json': { schema } } };
    const components = { schemas: { Name: { properties: { name: { type: 'string' } } } } };
    const [operation] = operationsOf({ components, paths: { '/a': { post: { requestBody: body } } } });
    expect(operation?.parameters).toEqual([{ name: 'name', where: 'body', text: 'string' }]);
  });
});

describe('the style sheets', () => {
  const folder = new URL('./styles/', import.meta.url);

  it('name colours in one file only', () => {
    const files = readdirSync(folder, { encoding: 'utf8', recursive: true });
    for (const file of files.filter((each) => each.endsWith('.css') && each !== 'tokens.css')) {
      const css = readFileSync(new URL(file, folder), 'utf8');
      expect(css.match(/#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(|:\s*(?:white|black|red|green)\b/gi), file).toBeNull();
    }
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

it.each([
  [true, null, 'Start a camera and press the shutter.'],
  [false, null, 'Photos appear here when somebody takes one.'],
  [true, 'back', 'Start it and press the shutter.'],
  [false, 'back', 'Its photos appear here when somebody takes one.'],
  [false, 'gone', 'It may have been removed.'],
])('an empty gallery says what its reader can do: may take photos %s, camera %s', (mayDelete, id, words) => {
  const empty = { ...shell, days: [], next: null, usage: { count: 0, bytes: 0 }, mayDelete };
  expect(pages.photos({ ...empty, filter: { camera: id, before: null } })).toContain(words);
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

it.each([
  [true, 'Add your first camera'],
  [false, 'Add another camera'],
])('the page after set-up knows of cameras that exist: none %s', (isFirst, heading) => {
  const model = { ...shell, isFirst, webcams: [], missing: null, error: null };
  expect(pages.welcome(model)).toContain(`<h1>${heading}</h1>`);
});
