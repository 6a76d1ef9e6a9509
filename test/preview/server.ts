// Renders every page from sample models, with moving pictures, so that one can look at them without cameras:
// `npm run build && node test/preview/server.ts [PORT]`. Not part of Porthole.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import type { Pages } from '../../src/pages/models.ts';
import { cameras, days, details, devices, photos, shell, watching } from './models.ts';
import { scene } from './pictures.ts';

const dist = new URL('../../dist/', import.meta.url);
const { pages } = (await import(new URL('pages/index.js', dist).href)) as { pages: Pages };
const hues = new Map([...cameras.keys()].map((index) => [cameras[index]?.id ?? '', index * 75 + 22]));
const types: Record<string, string> = {
  css: 'text/css',
  js: 'text/javascript',
  svg: 'image/svg+xml',
  png: 'image/png',
};
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'";
const problem = { code: 'wrong_password', message: 'That name and password do not match.' } as const;
const still = { streaming: false, width: 'source' } as const;
let failNext = false;

function html(url: URL): string | null {
  const path = url.pathname + url.search;
  const base = shell(path);
  const query = url.searchParams;
  const camera = cameras.find((each) => each.id === (query.get('camera') ?? 'harbour')) ?? null;
  switch (url.pathname) {
    case '/':
      if (query.get('view') === 'grid') {
        const tiles = cameras.map((each) => ({
          camera: each,
          watching: watching.get(each.id) ?? still,
          hasPoster: each.id !== 'safe',
        }));
        return pages.grid({ ...base, tiles: tiles.slice(0, Number(query.get('n') ?? 4)), kiosk: query.has('kiosk') });
      }
      return pages.live({
        ...base,
        camera: query.has('none') ? null : camera,
        watching: watching.get(camera?.id ?? '') ?? still,
        photos: query.has('nophotos') ? [] : photos.slice(0, 12),
        mayCapture: true,
        hasPoster: !query.has('noposter'),
        kiosk: query.has('kiosk'),
      });
    case '/photos': {
      const empty = query.has('empty');
      const flash = query.has('flash')
        ? ({ kind: 'done', text: '3 photos deleted.', undo: { action: '/photos/restore', ids: ['p1'] } } as const)
        : null;
      const all = days();
      const usage = { count: empty ? 0 : photos.length, bytes: photos.reduce((sum, photo) => sum + photo.bytes, 0) };
      return pages.photos({
        ...base,
        flash,
        days: empty
          ? []
          : query.has('before')
            ? all.slice(1).map((day) => ({ ...day, day: day.day.replace('2026', '2025') }))
            : all,
        next: query.has('before') ? null : 'x',
        usage,
        mayDelete: true,
        filter: { camera: query.get('camera'), before: query.get('before') },
      });
    }
    case '/login':
      return pages.login({
        ...shell(path, { user: null, cameras: [] }),
        error: query.has('wrong') ? problem : null,
        username: query.has('wrong') ? 'maria' : '',
        next: '/',
      });
    case '/setup':
      return pages.setup({
        ...shell(path, { user: null, cameras: [] }),
        code: 'abc',
        error: query.has('wrong')
          ? { code: 'invalid_input', message: 'A password has at least 8 characters.', field: 'password' }
          : null,
        field: null,
        username: '',
      });
    case '/settings':
      return pages.settingsCameras({ ...base, details: query.has('empty') ? [] : details, devices });
    case '/settings/cameras/new':
      return pages.cameraForm({
        ...base,
        camera: null,
        values: { name: '', source: query.get('source') ?? '' },
        devices,
        test: null,
        error: null,
      });
    case '/settings/users':
      return pages.users({
        ...base,
        users: [user('1', 'maria', 'admin', null), user('2', 'ben', 'viewer', ['harbour', 'door'])],
        error: query.has('wrong')
          ? {
              code: 'user_exists',
              message: 'There is already a user with this name. Choose another one.',
              field: 'username',
            }
          : null,
        values: null,
      });
    case '/account':
      return pages.account({
        ...base,
        sessions: [session(true), session(false)],
        tokens: [
          {
            id: 't',
            name: 'Home Assistant',
            username: 'maria',
            createdAt: Date.now() - 9e8,
            lastUsedAt: Date.now() - 6e4,
          },
        ],
        newToken: query.has('token') ? 'ph_3kXv8…sample' : null,
        error: null,
      });
    case '/problem':
      return pages.problem({
        ...base,
        status: 500,
        problem: {
          code: 'disk_full',
          message: 'The disk is full. Free some space or delete photos, then try again.',
          detail: 'ENOSPC',
        },
      });
    case '/api':
      return pages.apiDescription({
        ...base,
        spec: {
          paths: {
            '/api/cameras': {
              get: { summary: 'Every camera you may see', responses: { 200: { description: 'The cameras' } } },
              post: {
                summary: 'Adds a camera',
                responses: { 201: { description: 'It' } },
                requestBody: {
                  content: { 'application/json': { schema: { properties: { name: { type: 'string' } } } } },
                },
              },
            },
            '/api/photos/{id}': {
              delete: {
                summary: 'Deletes a photo',
                parameters: [{ name: 'id', in: 'path', schema: { type: 'string' } }],
                responses: { 204: { description: 'Gone' } },
              },
            },
          },
        },
      });
    default: {
      const id = /^\/settings\/cameras\/(\w+)$/.exec(url.pathname)?.[1];
      const shown = details.find((each) => each.id === id);
      if (shown)
        return pages.cameraForm({
          ...base,
          camera: shown,
          values: { name: shown.name, source: shown.source },
          devices,
          test: query.has('bad')
            ? {
                ok: false,
                problem: {
                  code: 'camera_busy',
                  message: 'The camera is in use by obs (pid 4312). Close it there and Porthole continues by itself.',
                },
              }
            : null,
          error: null,
        });
      const photo = /^\/photos\/(\w+)$/.exec(url.pathname)?.[1];
      const index = photos.findIndex((each) => each.id === photo);
      const found = photos[index];
      if (found)
        return pages.photo({
          ...base,
          photo: found,
          newer: photos[index - 1]?.id ?? null,
          older: photos[index + 1]?.id ?? null,
          mayDelete: true,
        });
      return null;
    }
  }
}

function user(id: string, username: string, role: 'admin' | 'viewer', of: string[] | null) {
  return { id, username, role, cameras: of, createdAt: Date.now() - 4e9 };
}

function session(current: boolean) {
  const userAgent = current
    ? 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140 Safari/537'
    : 'Mozilla/5.0 (iPhone; CPU iPhone OS 18) Version/18 Safari/604';
  return {
    id: String(current),
    createdAt: Date.now() - 9e7,
    lastSeenAt: Date.now(),
    ipAddress: '192.168.1.7',
    userAgent,
    current,
  };
}

async function post(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const fields = new URLSearchParams(body);
  const id = fields.get('camera') ?? '';
  const answer = (status: number, value: unknown) => {
    if (request.headers.accept?.includes('json'))
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    else response.writeHead(303, { location: request.headers.referer ?? '/' }).end();
  };
  if (failNext) {
    failNext = false;
    return answer(503, {
      error: {
        code: 'camera_busy',
        message: 'The camera is in use by obs (pid 4312). Close it there and Porthole continues by itself.',
        detail: 'EBUSY',
      },
    });
  }
  const old = watching.get(id) ?? still;
  const width =
    fields.get('width') === null
      ? old.width
      : fields.get('width') === 'source'
        ? 'source'
        : Number(fields.get('width'));
  if (url.pathname === '/fail-next') {
    failNext = true;
    return answer(200, {});
  }
  if (url.pathname.startsWith('/stream/')) {
    const streaming = url.pathname === '/stream/start' || (url.pathname === '/stream/size' && old.streaming);
    watching.set(id, { streaming, width });
    broadcast({ type: 'watching', camera: id, watching: watching.get(id) });
    return answer(200, watching.get(id));
  }
  if (url.pathname === '/capture') {
    const photo = {
      ...photos[0],
      id: `new${Date.now()}`,
      takenAt: Date.now(),
      cameraId: id,
      cameraName: cameras.find((each) => each.id === id)?.name ?? '',
    } as (typeof photos)[number];
    photos.unshift(photo);
    broadcast({ type: 'photo', photo });
    return answer(201, photo);
  }
  if (url.pathname === '/settings/cameras/test') {
    const picture = `data:image/jpeg;base64,${(await scene(640, 22, Date.now())).toString('base64')}`;
    const page = pages.cameraForm({
      ...shell('/'),
      camera: null,
      values: { name: fields.get('name') ?? '', source: fields.get('source') ?? '' },
      devices,
      test: { ok: true, width: 1280, height: 720, fps: 30, format: 'mjpeg', picture },
      error: null,
    });
    response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    return;
  }
  answer(200, { ids: fields.getAll('ids') });
}

const server = createServer((request, response) => {
  void respond(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
});

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://here');
  if (request.method === 'POST') return post(request, response, url);
  const jpeg = /^\/(?:cameras\/(\w+)\/(?:poster|snapshot)\.jpg|photos\/(\w+)\/(file|thumbnail))$/.exec(url.pathname);
  if (url.pathname === '/video_feed' || jpeg !== null) {
    const index = photos.findIndex((photo) => photo.id === jpeg?.[2]);
    const hue = index >= 0 ? index * 31 : (hues.get(jpeg?.[1] ?? url.searchParams.get('camera') ?? '') ?? 22);
    response
      .writeHead(200, { 'content-type': 'image/jpeg' })
      .end(await scene(jpeg?.[3] === 'thumbnail' ? 480 : 1280, hue, index >= 0 ? index * 1e4 : Date.now()));
    return;
  }
  const page = html(url);
  if (page !== null) {
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
      .end(page);
    return;
  }
  try {
    const file = readFileSync(new URL(`public${url.pathname}`, dist));
    response
      .writeHead(200, { 'content-type': types[url.pathname.split('.').pop() ?? ''] ?? 'application/json' })
      .end(file);
  } catch {
    response.writeHead(404).end('Nothing here.');
  }
}

const sockets = new WebSocketServer({ server, path: '/live' });
const broadcast = (event: object) => sockets.clients.forEach((client) => client.send(JSON.stringify(event)));
let streams = 0;

sockets.on('connection', (socket) => {
  const views = new Map<number, NodeJS.Timeout>();
  socket.send(JSON.stringify({ type: 'hello', cameras, now: Date.now() }));
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as {
      type: string;
      view: number;
      camera: string;
      width: number | 'source';
      t: number;
    };
    if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong', t: message.t, now: Date.now() }));
    clearInterval(views.get(message.view));
    if (message.type !== 'watch') return;
    if (cameras.find((each) => each.id === message.camera)?.state.kind !== 'live') return;
    const stream = ++streams;
    socket.send(JSON.stringify({ type: 'view', view: message.view, stream, width: message.width }));
    let sequence = 0;
    const width = message.width === 'source' ? 1280 : message.width;
    views.set(
      message.view,
      setInterval(() => {
        const at = Date.now();
        void scene(width, hues.get(message.camera) ?? 0, at).then((jpeg) => {
          const header = Buffer.alloc(32);
          header.writeUInt8(1, 0);
          header.writeUInt8(1, 1);
          header.writeUInt32LE(stream, 4);
          header.writeUInt32LE(++sequence, 8);
          header.writeUInt16LE(width, 12);
          header.writeUInt16LE(Math.round((width * 9) / 16), 14);
          header.writeDoubleLE(at, 16);
          socket.send(Buffer.concat([header, jpeg]));
        });
      }, 120),
    );
  });
  socket.on('close', () => views.forEach((timer) => clearInterval(timer)));
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
});
