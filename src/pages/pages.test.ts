import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  camera,
  connecting,
  controls,
  hostile,
  live,
  photo,
  problem,
  shell,
  still,
  token,
  untested,
  values,
} from '../../test/support/page-models.ts';
import { browserWord } from './account.tsx';
import { operationsOf } from './api-description.tsx';
import { pages } from './index.tsx';
import { safeJson } from './parts/document.tsx';

const day = { day: '2026-11-22', photos: [photo], total: { day: '2026-11-22', count: 1, bytes: 400_000 } };
const usage = { count: 1, bytes: 400_000 };
const user = { id: 'u', username: hostile, role: 'viewer', cameras: ['front'], createdAt: 0 } as const;
const session = { id: 's', createdAt: 0, lastSeenAt: 0, ipAddress: null, userAgent: hostile, current: false };

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

it.each([
  [true, null, 'Start a camera and press the shutter.'],
  [false, null, 'Photos appear here when somebody takes one.'],
  [true, 'back', 'Start it and press the shutter.'],
  [true, 'back', 'href="/?camera=back"'],
  [false, 'back', 'Its photos appear here when somebody takes one.'],
  [false, 'gone', 'It may have been removed.'],
])('an empty gallery says what its reader can do: may take photos %s, camera %s', (mayDelete, id, words) => {
  const empty = { ...shell, days: [], next: null, usage: { count: 0, bytes: 0 }, mayDelete };
  expect(pages.photos({ ...empty, filter: { camera: id, before: null } })).toContain(words);
});

it.each([
  [true, 'Add your first camera'],
  [false, 'Add another camera'],
])('the page after set-up knows of cameras that exist: none %s', (isFirst, heading) => {
  const model = { ...shell, isFirst, webcams: [], missing: null, error: null };
  expect(pages.welcome(model)).toContain(`<h1>${heading}</h1>`);
});
