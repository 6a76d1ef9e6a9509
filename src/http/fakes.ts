// In-memory stand-ins for the services that http consumes, for its own tests.
import { Readable } from 'node:stream';
import type { Socket } from 'node:net';
import { pino } from 'pino';
import type { WebSocket } from 'ws';
import type { CameraInfo } from '../domain/camera.ts';
import { PortholeError } from '../domain/errors.ts';
import type { IceServer } from '../domain/ice.ts';
import type { Photo } from '../domain/photo.ts';
import type { Role } from '../domain/role.ts';
import type { Principal, User } from '../domain/user.ts';
import { type Watching, paused } from '../domain/watching.ts';
import type { Pages } from '../pages/models.ts';
import type {
  AccountsService,
  CameraEvent,
  CamerasService,
  Delivery,
  HttpDeps,
  LiveViewService,
  PhotoEvent,
  PhotosService,
  WebRtcHandle,
} from './deps.ts';

/** Bytes that begin and end like a JPEG. */
export const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9]);

/** The people of the tests. `yard` is a viewer who may see only the camera `yard`. */
export const people = ['viewer', 'operator', 'admin', 'yard'] as const;

function listeners<Event>(): { on: (listener: (event: Event) => void) => () => void; emit: (event: Event) => void } {
  const all = new Set<(event: Event) => void>();
  return {
    on: (listener) => {
      all.add(listener);
      return () => all.delete(listener);
    },
    emit: (event) => all.forEach((listener) => listener(event)),
  };
}

/** Accounts whose session cookie is the user's name and whose token is `token-NAME`. */
export class FakeAccounts implements AccountsService {
  setupNeeded = false;
  access: 'private' | 'public' = 'private';
  readonly setupCode = 'right-code';
  readonly ended = new Set<string>();
  readonly #revoked = listeners<(grant: string) => boolean>();

  async needsSetup(): Promise<boolean> {
    return this.setupNeeded;
  }
  checkSetupCode(code: string): void {
    if (code !== this.setupCode) throw new PortholeError('setup_code_wrong');
  }
  async setUp(input: { code: string; username: string }): ReturnType<AccountsService['setUp']> {
    if (!this.setupNeeded) throw new PortholeError('setup_done');
    if (input.code !== this.setupCode) throw new PortholeError('setup_code_wrong');
    this.setupNeeded = false;
    return this.#signedIn('admin');
  }
  async signIn(input: { username: string; password: string }): ReturnType<AccountsService['signIn']> {
    if (input.password === 'many') throw new PortholeError('too_many_requests');
    if (input.password !== 'right' || !isPerson(input.username)) throw new PortholeError('wrong_password');
    return this.#signedIn(input.username);
  }
  #signedIn(name: string): Awaited<ReturnType<AccountsService['signIn']>> {
    const cookie = `porthole_session=${name}; Path=/; HttpOnly; SameSite=Lax`;
    return { user: user(name), sessionId: name, setCookies: [cookie] };
  }
  async signOut(cookieHeader: string): ReturnType<AccountsService['signOut']> {
    const name = sessionName(cookieHeader);
    if (name !== undefined) this.revoke(`session:${name}`);
    return { setCookies: ['porthole_session=; Max-Age=0; Path=/'] };
  }
  async authenticate(
    headers: { cookie?: string; authorization?: string },
    queryToken: string | undefined,
  ): Promise<Principal | null> {
    const [, scheme, credentials = ''] = /^(Bearer|Basic) (.+)$/.exec(headers.authorization ?? '') ?? [];
    if (scheme === 'Basic') {
      const [name = '', password] = Buffer.from(credentials, 'base64').toString().split(':');
      return password === 'right' && isPerson(name) ? principal('password', name) : null;
    }
    const token = /^token-(\w+)$/.exec(scheme === 'Bearer' ? credentials : (queryToken ?? ''))?.[1];
    if (token !== undefined && isPerson(token)) return principal('token', token);
    if (scheme !== undefined || queryToken !== undefined) return null;
    const name = sessionName(headers.cookie);
    if (name !== undefined && isPerson(name) && !this.ended.has(`session:${name}`)) return principal('session', name);
    if (this.access === 'private') return null;
    const visitor = /porthole_visitor=(\w+)/.exec(headers.cookie ?? '')?.[1] ?? null;
    return { kind: 'public', user: null, role: 'viewer', cameras: null, grant: 'public', sessionId: visitor };
  }
  newVisitor(): { sessionId: string; setCookies: readonly string[] } {
    return { sessionId: 'visitor1', setCookies: ['porthole_visitor=visitor1; Path=/; HttpOnly'] };
  }
  async changePassword(_who: Principal, input: { current: string }): ReturnType<AccountsService['changePassword']> {
    if (input.current !== 'right') throw new PortholeError('wrong_current_password', { field: 'current' });
    return { setCookies: [] };
  }
  async sessions(): ReturnType<AccountsService['sessions']> {
    return [{ id: 's1', createdAt: 1, lastSeenAt: 1, ipAddress: null, userAgent: null, current: true }];
  }
  async revokeSession(_who: Principal, id: string): Promise<void> {
    if (id !== 's1') throw new PortholeError('session_not_found');
  }
  async users(): Promise<readonly User[]> {
    return people.map((name) => user(name));
  }
  async addUser(input: { username: string; role: Role }): Promise<User> {
    if (isPerson(input.username)) throw new PortholeError('user_exists', { field: 'username' });
    return { ...user('viewer'), username: input.username, role: input.role };
  }
  async updateUser(id: string): Promise<User> {
    if (!isPerson(id)) throw new PortholeError('user_not_found');
    return user(id);
  }
  async removeUser(id: string): Promise<void> {
    if (!isPerson(id)) throw new PortholeError('user_not_found');
  }
  async tokens(): ReturnType<AccountsService['tokens']> {
    return [];
  }
  async createToken(input: { username: string; name: string }): ReturnType<AccountsService['createToken']> {
    return { token: 'shown-once', info: { id: 't1', ...input, createdAt: 1, lastUsedAt: null } };
  }
  async revokeToken(_who: Principal, id: string): Promise<void> {
    if (id !== 't1') throw new PortholeError('token_not_found');
  }
  onRevoked(listener: (matches: (grant: string) => boolean) => void): () => void {
    return this.#revoked.on(listener);
  }
  async recheck(grants: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    return grants.intersection(this.ended);
  }
  /** Ends a grant as this process does. */
  revoke(grant: string): void {
    this.ended.add(grant);
    this.#revoked.emit((each) => each === grant);
  }
}

function isPerson(name: string): boolean {
  return (people as readonly string[]).includes(name);
}

function sessionName(cookie: string | undefined): string | undefined {
  return /porthole_session=(\w+)/.exec(cookie ?? '')?.[1];
}

function user(name: string): User {
  const role = name === 'yard' ? 'viewer' : (name as Role);
  return { id: name, username: name, role, cameras: name === 'yard' ? ['yard'] : null, createdAt: 1 };
}

function principal(kind: 'session' | 'token' | 'password', name: string): Principal {
  const { role, cameras } = user(name);
  const prefix = kind === 'password' ? 'user' : kind;
  const sessionId = kind === 'session' ? name : null;
  return { kind, user: user(name), role, cameras, grant: `${prefix}:${name}`, sessionId };
}

function camera(id: string, position: number): CameraInfo {
  const size = { width: 1280, height: 720 };
  const name = id === 'front' ? '<b>Front</b>' : 'Yard';
  return { id, name, state: { kind: 'closed' }, enabled: true, position, widths: [640, 1280], size };
}

/** Two cameras, `front` and `yard`; `broken` makes everything that opens one fail. */
export class FakeCameras implements CamerasService {
  broken: PortholeError | null = null;
  readonly changes: unknown[] = [];
  readonly #cameras = [camera('front', 0), camera('yard', 1)];
  readonly #events = listeners<CameraEvent>();

  list(): readonly CameraInfo[] {
    return this.#cameras;
  }
  get(id: string): CameraInfo {
    const found = this.#cameras.find((each) => each.id === id);
    if (found === undefined) throw new PortholeError('camera_not_found');
    return found;
  }
  find(idOrName: string): CameraInfo | undefined {
    return this.#cameras.find((each) => each.id === idOrName || each.name === idOrName);
  }
  async details(id: string): ReturnType<CamerasService['details']> {
    return { ...this.get(id), source: 'rtsp://me:•••@cam/', fixed: false, bestPhotos: false, modes: [] };
  }
  async add(input: { name: string; source: string }): Promise<CameraInfo> {
    this.changes.push(input);
    if (!input.source.includes(':')) throw new PortholeError('source_invalid', { field: 'source' });
    return { ...camera('front', 2), name: input.name };
  }
  async update(id: string, change: object): Promise<CameraInfo> {
    this.changes.push(change);
    return this.get(id);
  }
  async remove(id: string): Promise<void> {
    this.changes.push({ remove: this.get(id).id });
  }
  async reorder(ids: readonly string[]): Promise<void> {
    this.changes.push({ ids });
  }
  async test(source: string): ReturnType<CamerasService['test']> {
    return source === 'test:'
      ? { ok: true, width: 1, height: 1, fps: null, format: 'mjpeg', jpeg }
      : { ok: false, problem: new PortholeError('source_refused').toJSON() };
  }
  async devices(): ReturnType<CamerasService['devices']> {
    return [];
  }
  async controls(id: string): ReturnType<CamerasService['controls']> {
    const base = { group: '', inactive: false, readonly: false };
    const zoom = { ...base, id: 'zoom', name: 'Zoom', type: 'integer', min: 1, max: 9, step: 1, default: 1 } as const;
    const auto = { ...base, id: 'auto', name: 'Auto', type: 'boolean', default: true, value: true } as const;
    return [{ ...zoom, value: this.get(id).id === 'front' ? 5 : 1 }, auto];
  }
  async setControls(
    id: string,
    values: Readonly<Record<string, number | boolean>>,
  ): ReturnType<CamerasService['controls']> {
    if (values.zoom === 99) throw new PortholeError('invalid_input', { field: 'zoom', message: 'Zoom takes 1 to 9.' });
    this.changes.push({ controls: this.get(id).id, values });
    return this.controls(id);
  }
  async resetControls(id: string): ReturnType<CamerasService['controls']> {
    this.changes.push({ reset: this.get(id).id });
    return this.controls(id);
  }
  retryNow(id: string): void {
    this.changes.push({ retry: id });
  }
  async ensureOpen(): Promise<void> {
    if (this.broken !== null) throw this.broken;
  }
  poster(id: string): { bytes: Buffer } | null {
    return id === 'front' ? { bytes: jpeg } : null;
  }
  onChange(listener: (event: CameraEvent) => void): () => void {
    return this.#events.on(listener);
  }
  emit(event: CameraEvent): void {
    this.#events.emit(event);
  }
  metrics(): ReturnType<CamerasService['metrics']> {
    return this.#cameras.map(({ id, state }) => ({
      id,
      state: state.kind,
      captured: 10,
      drops: { damaged: 1 },
      restarts: 0,
      renditions: [{ rendition: 'jpeg-640', viewers: 2, frames: 9, bytes: 900 }],
    }));
  }
}

/** Watching states in a map. */
export class FakeLiveView implements LiveViewService {
  readonly #cameras: FakeCameras;
  readonly #states = new Map<string, Watching>();
  readonly #events = listeners<{ sessionId: string; cameraId: string; watching: Watching }>();

  constructor(cameras: FakeCameras) {
    this.#cameras = cameras;
  }
  async watching(sessionId: string, cameraId: string): Promise<Watching> {
    return this.#states.get(`${sessionId} ${cameraId}`) ?? paused;
  }
  async start(who: Principal, cameraId: string, width?: number | 'source'): Promise<Watching> {
    await this.#cameras.ensureOpen();
    return this.#set(who, cameraId, { streaming: true, ...(width === undefined ? {} : { width }) });
  }
  async stop(who: Principal, cameraId: string): Promise<Watching> {
    return this.#set(who, cameraId, { streaming: false });
  }
  async resize(who: Principal, cameraId: string, width: number | 'source'): Promise<Watching> {
    return this.#set(who, cameraId, { width });
  }
  async #set(who: Principal, cameraId: string, change: Partial<Watching>): Promise<Watching> {
    const sessionId = who.sessionId ?? '';
    const watching = { ...(await this.watching(sessionId, cameraId)), ...change };
    this.#states.set(`${sessionId} ${cameraId}`, watching);
    this.#events.emit({ sessionId, cameraId, watching });
    return watching;
  }
  onChange(listener: (event: { sessionId: string; cameraId: string; watching: Watching }) => void): () => void {
    return this.#events.on(listener);
  }
}

/** One photo of each camera: `p-front` and `p-yard`. */
export class FakePhotos implements PhotosService {
  failure: Error | null = null;
  readonly #events = listeners<PhotoEvent>();
  readonly #photos = ['front', 'yard'].map((cameraId): Photo => ({
    id: `p-${cameraId}`,
    cameraId,
    cameraName: cameraId,
    takenAt: 1_700_000_000_000,
    takenBy: null,
    width: 1280,
    height: 720,
    bytes: jpeg.length,
    fileName: `2023-11-14_22-13-20_${cameraId}_abc123.jpg`,
  }));

  #seen(cameras: readonly string[] | null): readonly Photo[] {
    return this.#photos.filter((photo) => cameras === null || cameras.includes(photo.cameraId));
  }
  async capture(cameraId: string): Promise<Photo> {
    if (this.failure !== null) throw this.failure;
    return this.get(`p-${cameraId}`, null);
  }
  async list(query: { cameras: readonly string[] | null }): ReturnType<PhotosService['list']> {
    return { photos: this.#seen(query.cameras), next: null };
  }
  async days(): ReturnType<PhotosService['days']> {
    return [{ day: '2023-11-14', count: 2, bytes: 18 }];
  }
  async usage(): Promise<{ count: number; bytes: number }> {
    return { count: 2, bytes: 18 };
  }
  async get(id: string, cameras: readonly string[] | null): Promise<Photo> {
    const found = this.#seen(cameras).find((photo) => photo.id === id);
    if (found === undefined) throw new PortholeError('photo_not_found');
    return found;
  }
  async neighbours(): Promise<{ newer: string | null; older: string | null }> {
    return { newer: null, older: null };
  }
  async openFile(): ReturnType<PhotosService['openFile']> {
    return { stream: Readable.from([jpeg]), bytes: jpeg.length };
  }
  async thumbnail(): Promise<Buffer> {
    return jpeg;
  }
  async delete(ids: readonly string[], cameras: readonly string[] | null): Promise<readonly string[]> {
    return ids.filter((id) => this.#seen(cameras).some((photo) => photo.id === id));
  }
  async restore(ids: readonly string[], cameras: readonly string[] | null): Promise<readonly string[]> {
    return this.delete(ids, cameras);
  }
  async archive(ids: readonly string[], cameras: readonly string[] | null): Promise<Readable> {
    if ((await this.delete(ids, cameras)).length === 0) throw new PortholeError('photo_not_found');
    return Readable.from([Buffer.from('PK')]);
  }
  onChange(listener: (event: PhotoEvent) => void): () => void {
    return this.#events.on(listener);
  }
  emit(event: PhotoEvent): void {
    this.#events.emit(event);
  }
}

/** Delivery that writes a head and one part, and answers a socket's messages with themselves if the camera may be seen. */
export class FakeDelivery implements Delivery {
  /** The cameras whose sound was wanted in MP4. */
  readonly listeners: string[] = [];
  /** The players of HLS by name, each with what ends it. */
  readonly players = new Map<string, () => void>();
  readonly streams: { camera: string; width: number | 'source'; fps: number | undefined; httpVersion: string }[] = [];

  serveMultipart(options: Parameters<Delivery['serveMultipart']>[0]): ReturnType<Delivery['serveMultipart']> {
    const { camera: id, rendition, fps, httpVersion, extraHeaders = {} } = options;
    this.streams.push({ camera: id, width: rendition.width, fps, httpVersion });
    const socket: Socket = options.socket;
    const headers = Object.entries(extraHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/${httpVersion} 200 OK\r\nConnection: close\r\n${headers.join('')}\r\n--frame\r\n`);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    socket.once('close', () => resolve(undefined));
    return { closed: promise, close: () => socket.destroy() };
  }
  serveMp4({ width, audio, ...options }: Parameters<Delivery['serveMp4']>[0]): ReturnType<Delivery['serveMp4']> {
    if (audio) this.listeners.push(options.camera);
    return this.serveMultipart({ ...options, rendition: { codec: 'h264', width } });
  }
  hls(_camera: string, width: number | 'source', { audio }: { audio: boolean }): ReturnType<Delivery['hls']> {
    const { players } = this;
    return {
      folder: `${width}${audio ? '-sound' : ''}`,
      has: (player) => players.has(player),
      join: (player) => {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        players.set(player, () => resolve(undefined));
        return { closed: promise, close: () => resolve(undefined) };
      },
      playlist: async (_player, uri, { reload }) => `#EXTM3U\n${uri('7.mp4')}\n#${JSON.stringify(reload ?? null)}\n`,
      file: async (_player, file) => (file === '7.mp4' ? Buffer.from('segment') : undefined),
    };
  }
  async takeSnapshot(id: string): ReturnType<Delivery['takeSnapshot']> {
    if (id === 'yard') throw new PortholeError('camera_missing');
    return { bytes: jpeg, capturedAt: 1_700_000_000_123 };
  }
  /** What was offered; an offer with `full` in it is refused. */
  readonly offers: Parameters<Delivery['openWebRtc']>[0][] = [];
  readonly iceServers: IceServer[] = [];
  readonly sessions: FakeSession[] = [];
  async openWebRtc(options: Parameters<Delivery['openWebRtc']>[0]): Promise<FakeSession> {
    if (options.offer?.includes('full') === true) throw new PortholeError('webrtc_full');
    this.offers.push(options);
    const session = new FakeSession(`session-${this.sessions.length}`, options.camera);
    this.sessions.push(session);
    return session;
  }
  openLiveSocket(options: Parameters<Delivery['openLiveSocket']>[0]): ReturnType<Delivery['openLiveSocket']> {
    const socket: WebSocket = options.socket;
    const send = (event: object): void => socket.send(JSON.stringify(event));
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { camera: string };
      const allowed = options.maySee(message.camera);
      send(allowed ? { type: 'view' } : { type: 'view-error', error: new PortholeError('camera_not_found').toJSON() });
    });
    socket.on('close', options.onClose);
    return { send, close: (code, reason) => socket.close(code, reason) };
  }
}

/** A session that never connects by itself and notes what it is told. */
export class FakeSession implements WebRtcHandle {
  readonly etag = '"its-tag"';
  readonly answer = 'v=0\r\n';
  readonly fragments: string[] = [];
  readonly accepted: string[] = [];
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly connected = this.#connected.promise;
  readonly closed = this.#closed.promise;
  readonly id: string;
  readonly camera: string;
  reason: string | undefined;

  constructor(id: string, camera: string) {
    this.id = id;
    this.camera = camera;
  }
  accept(answer: string): void {
    this.accepted.push(answer);
  }
  addCandidates(fragment: string): void {
    this.fragments.push(fragment);
  }
  connect(): void {
    this.#connected.resolve();
  }
  close(reason = 'closed'): void {
    this.reason ??= reason;
    this.#closed.resolve();
  }
}

/** Pages that say their name and show their model as escaped JSON. */
export const fakePages = new Proxy({} as Pages, {
  get: (_target, name) => (model: object) => {
    const json = JSON.stringify(model).replace(/</g, '&lt;');
    return `<!doctype html><title>${String(name)}</title><pre>${json}</pre>`;
  },
});

/** All stand-ins, as `createHttpServer` takes them. */
export interface Fakes extends HttpDeps {
  readonly accounts: FakeAccounts;
  readonly cameras: FakeCameras;
  readonly photos: FakePhotos;
  readonly delivery: FakeDelivery;
  readonly liveView: FakeLiveView;
  /** What was logged, as lines of JSON. */
  readonly logged: string[];
}

/** Builds them; `config` and `settings` replace parts. */
export function fakes(
  config: Partial<HttpDeps['config']> = {},
  settings: Readonly<Record<string, unknown>> = {},
): Fakes {
  const logged: string[] = [];
  const cameras = new FakeCameras();
  const accounts = new FakeAccounts();
  accounts.access = config.access ?? 'private';
  return {
    config: {
      access: 'private',
      publicUrl: null,
      trustProxy: [],
      tls: null,
      secret: 'a secret for tests that is long enough',
      version: '0.0.0',
      publicFolder: import.meta.dirname,
      ...config,
    },
    log: pino({ level: 'trace' }, { write: (line: string) => logged.push(line) }),
    logged,
    accounts,
    cameras,
    liveView: new FakeLiveView(cameras),
    photos: new FakePhotos(),
    settings: {
      corsOrigins: async () => (settings.cors_origins ?? []) as readonly string[],
      setCorsOrigins: async (origins) => origins,
    },
    delivery: new FakeDelivery(),
    pages: fakePages,
    assets: { style: '/assets/style.css', live: '/assets/live.js', photos: '/p.js', settings: '/s.js' },
  };
}
