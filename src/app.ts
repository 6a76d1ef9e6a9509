import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Accounts } from './accounts/accounts.ts';
import { accountsFeature } from './accounts/accounts-feature.ts';
import { addressKey } from './accounts/passwords/attempts.ts';
import { OpenStreams } from './accounts/open-streams.ts';
import { CameraRepository } from './cameras/camera-repository.ts';
import { Cameras } from './cameras/cameras.ts';
import { camerasFeature } from './cameras/cameras-feature.ts';
import type { Captures } from './cameras/captures/capture.ts';
import { everyCapture } from './cameras/captures/every-capture.ts';
import type { OpenMedias } from './cameras/captures/network/network-captures.ts';
import { connectFeature } from './cameras/connect/connect-feature.ts';
import { ControlRepository } from './cameras/controls/control-repository.ts';
import { deviceControls } from './cameras/devices/device-controls.ts';
import { DeviceWatch } from './cameras/devices/device-watch.ts';
import { listDevices } from './cameras/devices/list-devices.ts';
import { AddressPolicy } from './cameras/sources/address-policy.ts';
import { SourceRules } from './cameras/sources/source-rules.ts';
import { GridRepository } from './cameras/watching/grid-repository.ts';
import { Grids } from './cameras/watching/grids.ts';
import { LiveView } from './cameras/watching/live-view.ts';
import { watchingFeature } from './cameras/watching/watching-feature.ts';
import { WatchingRepository } from './cameras/watching/watching-repository.ts';
import { version, type Config } from './config/config.ts';
import { captureOptions } from './config/capture-options.ts';
import { sourceRendition } from './domain/media/rendition.ts';
import { Connections } from './fanout/connections.ts';
import type { PerFrame } from './fanout/per-frame.ts';
import { keepSendQueuesShort } from './fanout/short-send-queues.ts';
import { UnsentLimit } from './fanout/unsent-limit.ts';
import { Settings } from './http/security/allowed-origins.ts';
import type { Feature, HttpConfig, Kernel } from './http/kernel.ts';
import { HalfOpen } from './http/connections/half-open.ts';
import { connectionLimit } from './http/connections/connection-limit.ts';
import { createHttpServer } from './http/server.ts';
import { aliasesFeature } from './outputs/aliases.ts';
import { HlsPlayers } from './outputs/hls/hls-players.ts';
import { hlsFeature } from './outputs/hls/hls-routes.ts';
import { mjpegFeature } from './outputs/mjpeg/mjpeg-routes.ts';
import { mjpegParts } from './outputs/mjpeg/mjpeg-stream.ts';
import { Fmp4Tracks } from './outputs/mp4/fmp4-track.ts';
import { mp4Feature } from './outputs/mp4/mp4-routes.ts';
import { pageSocketFeature } from './outputs/page-socket/live-routes.ts';
import { RtspServer } from './outputs/rtsp/rtsp-server.ts';
import { takeSnapshot } from './outputs/snapshot/snapshot.ts';
import { snapshotFeature } from './outputs/snapshot/snapshot-routes.ts';
import { WebRtc } from './outputs/webrtc/webrtc.ts';
import { whepFeature } from './outputs/webrtc/whep-routes.ts';
import type { Pages } from './pages/models.ts';
import { PhotoFiles } from './photos/photo-files.ts';
import { PhotoRepository } from './photos/photo-repository.ts';
import { Photos } from './photos/photos.ts';
import { photosFeature } from './photos/photos-feature.ts';
import { loadSecret } from './store/data-folder.ts';
import { Database } from './store/database.ts';
import { FolderLock } from './store/folder-lock.ts';
import { SettingsRepository } from './store/settings-repository.ts';
import type { UnreadableRows } from './store/unreadable-rows.ts';
import { Upkeep } from './store/upkeep.ts';

/** The folder of the built pages and browser files. */
const dist = new URL('../dist/', import.meta.url);

/** Connections that may wait to be accepted: a rush of viewers must not be turned away. */
const backlog = 4_096;

/** The services that features are built from. Each feature names the ones it uses. */
export interface Services {
  readonly accounts: Accounts;
  /** All open streams and sockets, by grant. */
  readonly streams: OpenStreams;
  readonly cameras: Cameras;
  readonly liveView: LiveView;
  readonly grids: Grids;
  readonly photos: Photos;
  /** The rows of the database that could not be read. */
  readonly unreadable: UnreadableRows;
  /** The connections that frames are written to. */
  readonly connections: Connections;
  /** Frames as parts of MJPEG streams, shared by all of these. */
  readonly parts: PerFrame<Buffer>;
  /** The Broadcasts as fragmented MP4, shared by all outputs. */
  readonly tracks: Fmp4Tracks;
  readonly hlsPlayers: HlsPlayers;
  readonly webRtc: WebRtc;
  /** Null where RTSP isn't served. */
  readonly rtsp: Pick<RtspServer, 'port'> | null;
}

/** Builds a feature from the services it uses. */
export type FeatureFactory = (services: Services) => Feature;

/** Everything that Porthole serves. A new feature is one line here. */
export const features: readonly FeatureFactory[] = [
  accountsFeature,
  camerasFeature,
  connectFeature,
  watchingFeature,
  photosFeature,
  pageSocketFeature,
  mjpegFeature,
  mp4Feature,
  hlsFeature,
  whepFeature,
  snapshotFeature,
  aliasesFeature,
];

/** Additions to Porthole's own parts. */
export interface AppExtensions {
  /** Opens the sources of some kinds in place of a child process. */
  readonly captures?: Partial<Captures>;
  /** Reads the sources of some kinds in the server process. */
  readonly medias?: OpenMedias;
  /** Registered after Porthole's own features. */
  readonly features?: readonly FeatureFactory[];
}

/** Called in the opposite order of opening. */
type Closers = (() => unknown)[];

/** A running Porthole. Everything is built here by hand, and closed here in the opposite order. */
export class App {
  /** The address it listens on, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The URL at which the first admin is created; null if there is a user. */
  readonly setupUrl: string | null;
  readonly #closers: Closers;
  readonly #log: Logger;
  #closed: Promise<void> | null = null;

  private constructor(url: string, setupUrl: string | null, closers: Closers, log: Logger) {
    this.url = url;
    this.setupUrl = setupUrl;
    this.#closers = closers;
    this.#log = log;
  }

  /**
   * Opens everything. If a part cannot be opened, the parts that were opened before it are closed again.
   *
   * @param more what to add to Porthole's own parts
   */
  static async open(config: Config, log: Logger, more: AppExtensions = {}): Promise<App> {
    const closers: Closers = [];
    try {
      return await App.#open(config, log, more, closers);
    } catch (error) {
      await closeAll(closers, log);
      throw error;
    }
  }

  static async #open(config: Config, log: Logger, more: AppExtensions, closers: Closers): Promise<App> {
    const built = loadBuilt();
    const lock = await FolderLock.take(config.data, log);
    closers.push(() => lock?.close());
    const database = await Database.open({ dataFolder: config.data, url: config.databaseUrl ?? undefined });
    closers.push(() => database.close());
    database.unreadable.onFound((row) => log.warn({ ...row }, 'a row of the database cannot be read and is skipped'));
    const secret = await loadSecret(config.data);
    const settings = new SettingsRepository(database);
    const secureCookies = config.tls !== null || config.publicUrl?.startsWith('https:') === true;
    const accounts = await Accounts.open({
      database,
      log: log.child({ area: 'accounts' }),
      secret,
      secureCookies,
      access: config.access,
      adminPassword: config.adminPassword ?? undefined,
    });
    closers.push(() => accounts.close());
    const environment = config.captureEnvironment;
    const { captures, transcoders } = everyCapture({
      ...captureOptions(config),
      log: log.child({ area: 'cameras' }),
      medias: more.medias,
    });
    closers.push(() => transcoders.close());
    const cameras = await Cameras.open({
      store: new CameraRepository(database),
      settings,
      rules: new SourceRules(new AddressPolicy(config.allowAddresses), config.mediaFolder),
      captures: { ...captures, ...more.captures },
      controls: new ControlRepository(database),
      listDevices: (closed) => listDevices(closed, environment),
      watchDevices: (onChange) => DeviceWatch.start(onChange),
      deviceControls: (path, request) => deviceControls(path, request, environment),
      log,
      grace: config.graceMs,
      fixed: config.cameras,
    });
    closers.push(() => cameras.close());
    const photos = openPhotos(config, log, database, cameras);
    closers.push(() => photos.close());
    const connections = Connections.open({ batchSend: config.batchSend });
    closers.push(() => connections.close());
    const webRtc = new WebRtc(cameras, config.ice, log.child({ area: 'webrtc' }));
    closers.push(() => webRtc.close());
    const tracks = new Fmp4Tracks();
    const watching = new WatchingRepository(database);
    const upkeep = Upkeep.start(() => watching.prune(), log);
    closers.push(() => upkeep.close());
    const streams = new OpenStreams(accounts, log.child({ area: 'accounts' }));
    const descriptors = connectionLimit(log);
    // A quarter of them, so that recorders never keep people from the pages.
    const rtspConnections = config.rtspPort === null ? 0 : Math.min(2_048, Math.max(1, Math.floor(descriptors / 4)));
    const rtsp =
      config.rtspPort === null
        ? null
        : new RtspServer({
            cameras,
            accounts,
            streams,
            connections,
            log: log.child({ area: 'rtsp' }),
            limits: { connections: rtspConnections },
            clientOf: addressKey,
          });
    const services: Services = {
      accounts,
      streams,
      cameras,
      liveView: new LiveView(watching, cameras),
      grids: await Grids.open(new GridRepository(database)),
      photos,
      unreadable: database.unreadable,
      connections,
      parts: mjpegParts(),
      tracks,
      hlsPlayers: new HlsPlayers(cameras, tracks),
      webRtc,
      rtsp,
    };
    const http = await createHttpServer({
      config: await httpConfig(config, secret),
      log: log.child({ area: 'http' }),
      accounts,
      cameras,
      cameraOrder: (request) => services.grids.of(request).order,
      settings: new Settings(settings),
      ...(await built),
      features: [...features, ...(more.features ?? [])].map((factory) => factory(services)),
    });
    closers.push(() => http.close());
    keepSendQueuesShort(http.server);
    HalfOpen.watch(http.server, { clientOf: addressKey });
    closers.push(UnsentLimit.watch(http.server));
    http.server.maxConnections = Math.max(1, descriptors - rtspConnections);
    // Streams last forever unless they are ended, and the server waits for them.
    closers.push(() => streams.close());
    if (rtsp !== null) {
      closers.push(() => rtsp.close());
      await rtsp.listen({ host: config.host, port: config.rtspPort ?? 0 });
    }
    await http.listen({ host: config.host, port: config.port, backlog });
    const url = addressOf(http, config);
    const base = config.publicUrl ?? url;
    const code = accounts.setupCode;
    return new App(url, code === null ? null : `${base}/setup?code=${code}`, closers, log);
  }

  /** Ends viewers, closes cameras and files. Resolves when every device is free. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= closeAll(this.#closers, this.#log);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Closes everything that was opened, also what comes after a part that fails. */
async function closeAll(closers: Closers, log: Logger): Promise<void> {
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      log.error({ err: error }, 'a part could not be closed');
    }
  }
}

function openPhotos(config: Config, log: Logger, database: Database, cameras: Cameras): Photos {
  return Photos.open({
    repository: new PhotoRepository(database),
    files: new PhotoFiles(config.data, config.photoReserve),
    still: {
      takeStill: async (id, { signal }) => {
        const options = { signal: signal ?? AbortSignal.timeout(15_000), fresh: true };
        const still = await cameras.atItsBest(id, () => takeSnapshot(cameras, id, sourceRendition, options));
        return { ...still, takenAt: still.capturedAt };
      },
    },
    log: log.child({ area: 'photos' }),
  });
}

async function httpConfig(config: Config, secret: string): Promise<HttpConfig> {
  const { access, publicUrl, trustProxy, tls } = config;
  return {
    access,
    publicUrl,
    hosts: [...config.hosts, config.host, ...config.ice.addresses],
    trustProxy,
    tls: tls === null ? null : await readTls(tls),
    secret,
    version,
    publicFolder: fileURLToPath(new URL('public/', dist)),
  };
}

/** The built pages, and the URLs of the browser files. */
async function loadBuilt(): Promise<{ pages: Pages; assets: Kernel['assets'] }> {
  const [{ pages }, assets] = await Promise.all([
    import(new URL('pages/index.js', dist).href) as Promise<{ pages: Pages }>,
    readFile(new URL('assets.json', dist), 'utf8'),
  ]);
  return { pages, assets: JSON.parse(assets) as Kernel['assets'] };
}

async function readTls({ cert, key }: { cert: string; key: string }): Promise<{ cert: Buffer; key: Buffer }> {
  const [certificate, privateKey] = await Promise.all([readFile(cert), readFile(key)]);
  return { cert: certificate, key: privateKey };
}

function addressOf(http: FastifyInstance, config: Config): string {
  const { address, port, family } = http.server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `${config.tls === null ? 'http' : 'https'}://${host}:${port}`;
}
