import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { type FeatureFactory, features, type Services } from '../../src/app.ts';
import type { Camera } from '../../src/domain/cameras/camera.ts';
import type { Photo } from '../../src/domain/photo.ts';
import type { HttpConfig } from '../../src/http/kernel.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { Settings } from '../../src/http/security/allowed-origins.ts';
import { SettingsRepository } from '../../src/store/settings-repository.ts';
import { Accounts } from '../../src/accounts/accounts.ts';
import { OpenStreams } from '../../src/accounts/open-streams.ts';
import { CameraRepository } from '../../src/cameras/camera-repository.ts';
import { Cameras } from '../../src/cameras/cameras.ts';
import { ControlRepository } from '../../src/cameras/controls/control-repository.ts';
import { AddressPolicy } from '../../src/cameras/sources/address-policy.ts';
import { SourceRules } from '../../src/cameras/sources/source-rules.ts';
import { GridRepository } from '../../src/cameras/watching/grid-repository.ts';
import { Grids } from '../../src/cameras/watching/grids.ts';
import { LiveView } from '../../src/cameras/watching/live-view.ts';
import { WatchingRepository } from '../../src/cameras/watching/watching-repository.ts';
import { sourceRendition } from '../../src/domain/media/rendition.ts';
import { Connections } from '../../src/fanout/connections.ts';
import { HlsPlayers } from '../../src/outputs/hls/hls-players.ts';
import { mjpegParts } from '../../src/outputs/mjpeg/mjpeg-stream.ts';
import { Fmp4Tracks } from '../../src/outputs/mp4/fmp4-track.ts';
import { takeSnapshot } from '../../src/outputs/snapshot/snapshot.ts';
import { PhotoFiles } from '../../src/photos/photo-files.ts';
import { PhotoRepository } from '../../src/photos/photo-repository.ts';
import { Photos } from '../../src/photos/photos.ts';
import { openTestDatabase } from '../../src/store/test-databases.ts';
import { cheapHash } from './cheap-hash.ts';
import { FakeDevices, jpeg } from './fake-devices.ts';
import { fakeAssets, fakePages } from './fake-pages.ts';
import { FakeWebRtc } from './fake-webrtc.ts';

/** The users of {@link startServer}. `yard` is a viewer who may see only the camera `yard`. */
export const people = ['viewer', 'operator', 'admin', 'yard'] as const;
/** One of {@link people}. */
export type Person = (typeof people)[number];
/** The password of everybody. */
export const password = 'right password';
/** The one-time code of set-up. */
export const setupCode = 'right-code';

const front = { id: 'front', name: '<b>Front</b>', source: '/dev/front', enabled: true, position: 0 };
const yard = { id: 'yard', name: 'Yard', source: '/dev/yard', enabled: true, position: 1 };

/** Options of {@link startServer}. */
export interface TestServerOptions {
  readonly config?: Partial<HttpConfig>;
  /** Origins whose pages may read images. */
  readonly origins?: readonly string[];
  /** False for a server before set-up; true by default. */
  readonly setUp?: boolean;
  /** Features to add to Porthole's own. */
  readonly features?: readonly FeatureFactory[];
}

/** A server that listens on 127.0.0.1: the real services on an empty database, with fake devices and WebRTC. */
export interface TestServer extends Omit<Services, 'webRtc'> {
  readonly app: FastifyInstance;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly devices: FakeDevices;
  readonly webRtc: FakeWebRtc;
  /** The log as lines of JSON. */
  readonly logged: string[];
  /** The session cookie of a person. */
  cookie(who: Person): string;
  /** The API token of a person. */
  token(who: Person): string;
  /** The Authorization header of a person with a token. */
  bearer(who: Person): { readonly authorization: string };
  /** The accounts as another process has them. */
  accountsElsewhere(): Promise<Accounts>;
  close(): Promise<void>;
}

/** The photos of {@link startServer}: `p-front` and `p-yard`. */
const photos = ['front', 'yard'].map((cameraId): Photo => ({
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

/** Starts a server. Close it at the end. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const devices = new FakeDevices();
  const test = await openTestDatabase();
  const { database } = test;
  const logged: string[] = [];
  const log: Logger = pino({ level: 'trace' }, { write: (line: string) => logged.push(line) });
  const config: HttpConfig = {
    access: 'private',
    publicUrl: null,
    hosts: [],
    trustProxy: [],
    tls: null,
    secret: 'a secret for tests that is long enough',
    version: '0.0.0',
    publicFolder: join(import.meta.dirname, '../../src/http'),
    ...options.config,
  };
  const webRtc = new FakeWebRtc();
  const settings = new Settings(new SettingsRepository(database));
  if (options.origins !== undefined) await settings.setCorsOrigins(options.origins);
  const { services, openAccounts } = await openServices({
    database,
    dataFolder: test.dataFolder,
    log,
    config,
    devices,
  });
  const accounts = services.accounts;
  const people = options.setUp === false ? null : await addPeople(accounts);
  const all = [...features, ...(options.features ?? [])];
  const app = await createHttpServer({
    config,
    log,
    accounts,
    cameras: services.cameras,
    cameraOrder: (request) => services.grids.of(request).order,
    settings,
    pages: fakePages,
    assets: fakeAssets,
    features: all.map((factory) => factory({ ...services, webRtc: webRtc as unknown as Services['webRtc'] })),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const others: Accounts[] = [];
  const credentials = (who: Person): { readonly cookie: string; readonly token: string } => {
    const found = people?.get(who);
    if (found === undefined) throw new TypeError(`${who} does not exist`);
    return found;
  };
  return {
    ...services,
    app,
    port,
    url: `http://127.0.0.1:${port}`,
    devices,
    webRtc,
    logged,
    cookie: (who) => credentials(who).cookie,
    token: (who) => credentials(who).token,
    bearer: (who) => ({ authorization: `Bearer ${credentials(who).token}` }),
    accountsElsewhere: async () => {
      const other = await openAccounts(await test.reopen());
      others.push(other);
      return other;
    },
    close: async () => {
      services.streams.close();
      await app.close();
      await services.photos.close();
      await services.cameras.close();
      services.connections.close();
      for (const each of [accounts, ...others]) await each.close();
      await test[Symbol.asyncDispose]();
    },
  };
}

type Database = Awaited<ReturnType<typeof openTestDatabase>>['database'];

async function openServices({
  database,
  dataFolder,
  log,
  config,
  devices,
}: {
  database: Database;
  dataFolder: string;
  log: Logger;
  config: HttpConfig;
  devices: FakeDevices;
}): Promise<{ services: Omit<Services, 'webRtc'>; openAccounts: (database: Database) => Promise<Accounts> }> {
  const openAccounts = (from: Database): Promise<Accounts> =>
    Accounts.open({
      database: from,
      log,
      secret: config.secret,
      secureCookies: false,
      access: config.access,
      setupCode,
      passwordHash: cheapHash,
    });
  const accounts = await openAccounts(database);
  const store = new CameraRepository(database);
  for (const camera of [front, yard] satisfies Camera[]) await store.insert(camera);
  const cameras = await Cameras.open({
    store,
    settings: new SettingsRepository(database),
    rules: new SourceRules(new AddressPolicy([]), null),
    captures: devices.captures,
    controls: new ControlRepository(database),
    listDevices: async () => [],
    deviceControls: (path, request) => devices.controls(path, request),
    log,
    grace: 100,
    fixed: [],
  });
  const repository = new PhotoRepository(database);
  await mkdir(join(dataFolder, 'photos/2023/11'), { recursive: true });
  for (const photo of photos) {
    await repository.insert(photo, '2023-11-14');
    await writeFile(join(dataFolder, 'photos/2023/11', photo.fileName), jpeg);
  }
  const still = {
    takeStill: async (id: string, { signal = AbortSignal.timeout(5_000) }: { signal?: AbortSignal }) => {
      const taken = await takeSnapshot(cameras, id, sourceRendition, { signal, fresh: true });
      return { ...taken, takenAt: taken.capturedAt };
    },
  };
  const tracks = new Fmp4Tracks();
  const services = {
    accounts,
    streams: new OpenStreams(accounts, log),
    cameras,
    liveView: new LiveView(new WatchingRepository(database), cameras),
    grids: await Grids.open(new GridRepository(database)),
    photos: Photos.open({ repository, files: new PhotoFiles(dataFolder), still, log }),
    unreadable: database.unreadable,
    connections: Connections.open(),
    parts: mjpegParts(),
    tracks,
    hlsPlayers: new HlsPlayers(cameras, tracks),
    rtsp: null,
  };
  return { services, openAccounts };
}

/** Adds {@link people}, each with a session and a token. */
async function addPeople(accounts: Accounts): Promise<Map<Person, { cookie: string; token: string }>> {
  const facts = { ip: '127.0.0.1', userAgent: null };
  await accounts.setUp({ code: setupCode, username: 'admin', password }, facts);
  await accounts.users.add({ username: 'viewer', password, role: 'viewer', cameras: null });
  await accounts.users.add({ username: 'operator', password, role: 'operator', cameras: null });
  await accounts.users.add({ username: 'yard', password, role: 'viewer', cameras: ['yard'] });
  const found = new Map<Person, { cookie: string; token: string }>();
  for (const username of people) {
    const { setCookies } = await accounts.signIn({ username, password }, facts);
    const { token } = await accounts.tokens.create({ username, name: 'test' });
    found.set(username, { cookie: setCookies[0]?.split(';')[0] ?? '', token });
  }
  return found;
}

/** The two halves of a CSRF token: the browser's cookies and the form's token. */
export interface Csrf {
  readonly cookie: string;
  readonly token: string;
}

/** Gets a CSRF token as a browser with these cookies does. */
export async function csrfFor(app: FastifyInstance, cookie = ''): Promise<Csrf> {
  const url = cookie === '' ? '/login' : '/account';
  const response = await app.inject({ url, headers: cookie === '' ? {} : { cookie } });
  const token = /"csrf":"([^"]+)"/.exec(response.body)?.[1] ?? '';
  const own = response.cookies.find((each) => each.name === 'porthole_csrf')?.value ?? '';
  return { token, cookie: [cookie, `porthole_csrf=${own}`].filter((each) => each !== '').join('; ') };
}

/** Sends raw bytes and collects the response until `until` matches or the other side closes. */
export async function rawRequest(
  port: number,
  bytes: string,
  until?: RegExp,
): Promise<{ text: string; socket: Socket }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (until?.test(text) === true) resolve(undefined);
  });
  socket.on('close', () => resolve(undefined));
  socket.on('error', reject);
  socket.write(bytes);
  await promise;
  return { text, socket };
}
