import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { version, type Config } from './config/config.ts';
import { Fmp4Tracks } from './outputs/mp4/fmp4-track.ts';
import { HlsStream, HlsStreams } from './outputs/hls/hls-stream.ts';
import { LiveFrameEncoders } from './outputs/page-socket/live-frames.ts';
import { LiveSocket } from './outputs/page-socket/live-socket.ts';
import { type Mp4Audio, Mp4Stream } from './outputs/mp4/mp4-stream.ts';
import { MultipartStream } from './outputs/mjpeg/multipart-stream.ts';
import { takeSnapshot } from './outputs/snapshot/snapshot.ts';
import { WebRtc } from './outputs/webrtc/webrtc.ts';
import type { Delivery } from './http/deps.ts';
import { createHttpServer } from './http/server.ts';
import type { Captures } from './cameras/captures/capture.ts';
import { forkedCaptures } from './cameras/captures/forked-capture.ts';
import { AddressPolicy } from './cameras/sources/address-policy.ts';
import { deviceControls } from './cameras/devices/device-controls.ts';
import { DeviceWatch } from './cameras/devices/device-watch.ts';
import { listDevices } from './cameras/devices/list-devices.ts';
import { sourceRendition } from './domain/rendition.ts';
import type { Assets, Pages } from './pages/models.ts';
import { Accounts } from './accounts/accounts.ts';
import { Cameras } from './cameras/cameras.ts';
import { LiveView } from './cameras/watching/live-view.ts';
import { Photos } from './photos/photos.ts';
import { Settings } from './http/allowed-origins.ts';
import { SourceRules } from './cameras/sources/source-rules.ts';
import { CameraRepository } from './cameras/camera-repository.ts';
import { ControlRepository } from './cameras/controls/control-repository.ts';
import { loadSecret } from './store/data-folder.ts';
import { Database } from './store/database.ts';
import { PhotoFiles } from './photos/photo-files.ts';
import { PhotoRepository } from './photos/photo-repository.ts';
import { SettingsRepository } from './store/settings-repository.ts';
import { WatchingRepository } from './cameras/watching/watching-repository.ts';

/** Where the build has put pages and browser files. */
const dist = new URL('../dist/', import.meta.url);

/** Connections that may wait to be accepted: a rush of viewers must not be turned away. */
const backlog = 4_096;

/** What is closed at the end, last opened first. */
type Closers = (() => unknown)[];

/** A running Porthole: everything is built here, by hand, and closed here in the opposite order. */
export class App {
  /** The address it listens on, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Where the first admin is made; null when there is a user. */
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
   * Opens everything. If a part cannot be opened, those before it are closed again.
   *
   * @param options.captures what opens the sources of some kinds instead of a child process
   */
  static async open(
    config: Config,
    log: Logger,
    { captures = {} }: { readonly captures?: Partial<Captures> } = {},
  ): Promise<App> {
    const closers: Closers = [];
    try {
      return await App.#open(config, log, captures, closers);
    } catch (error) {
      for (const close of closers.reverse()) await close();
      throw error;
    }
  }

  static async #open(config: Config, log: Logger, captures: Partial<Captures>, closers: Closers): Promise<App> {
    const built = loadBuilt();
    const database = await Database.open({ dataFolder: config.data, url: config.databaseUrl ?? undefined });
    closers.push(() => database.close());
    const secret = await loadSecret(config.data);
    const settingsStore = new SettingsRepository(database);
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
    const cameras = await Cameras.open({
      store: new CameraRepository(database),
      settings: settingsStore,
      rules: new SourceRules(new AddressPolicy(config.allowAddresses), config.mediaFolder),
      captures: { ...forkedCaptures(config.h264Encoder), ...captures },
      controls: new ControlRepository(database),
      listDevices,
      watchDevices: (onChange) => DeviceWatch.start(onChange),
      deviceControls,
      log,
      grace: config.graceMs,
      fixed: config.cameras,
    });
    closers.push(() => cameras.close());
    const liveView = new LiveView(new WatchingRepository(database), cameras);
    const photos = new Photos({
      repository: new PhotoRepository(database),
      files: new PhotoFiles(config.data),
      still: {
        takeStill: async (id, { signal }) => {
          const options = { signal: signal ?? AbortSignal.timeout(15_000), fresh: true };
          const still = await cameras.atItsBest(id, () => takeSnapshot(cameras, id, sourceRendition, options));
          return { ...still, takenAt: still.capturedAt };
        },
      },
      log: log.child({ area: 'photos' }),
    });
    closers.push(() => photos.close());
    const webRtc = new WebRtc(cameras, config.ice, log.child({ area: 'webrtc' }));
    closers.push(() => webRtc.close());
    const http = await createHttpServer({
      config: {
        access: config.access,
        publicUrl: config.publicUrl,
        trustProxy: config.trustProxy,
        tls: config.tls === null ? null : await readTls(config.tls),
        secret,
        version,
        publicFolder: fileURLToPath(new URL('public/', dist)),
      },
      log: log.child({ area: 'http' }),
      accounts,
      cameras,
      liveView,
      photos,
      settings: new Settings(settingsStore),
      delivery: createDelivery(cameras, webRtc, log),
      ...(await built),
    });
    closers.push(() => http.close());
    await http.listen({ host: config.host, port: config.port, backlog });
    const url = addressOf(http, config);
    const base = config.publicUrl ?? url;
    const code = accounts.setupCode;
    return new App(url, code === null ? null : `${base}/setup?code=${code}`, closers, log);
  }

  /** Ends viewers, closes cameras and files. Resolves when every device is free. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      for (const close of this.#closers.reverse()) {
        try {
          await close();
        } catch (error) {
          this.#log.error({ err: error }, 'a part could not be closed');
        }
      }
    })();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Binds the deliveries to the cameras. */
function createDelivery(cameras: Cameras, webRtc: WebRtc, log: Logger): Delivery {
  const tracks = new Fmp4Tracks();
  const encoders = new LiveFrameEncoders(tracks);
  const streams = new HlsStreams();
  const onEnd = (camera: string) => (summary: object) => log.debug({ camera, ...summary }, 'stream ended');
  /** The sound of a camera as MP4, if it is wanted and there is some. */
  const audioOf = (camera: string, wanted: boolean): (Mp4Audio & { readonly stream: number }) | undefined => {
    if (!wanted || !cameras.hasAudio(camera)) return undefined;
    const { rendition, stream } = cameras.rendition(camera, 'source', 'aac');
    return { rendition, stream, track: tracks.audio(stream, 'aac') };
  };
  return {
    serveMultipart: (options) => new MultipartStream(cameras, { ...options, onEnd: onEnd(options.camera) }),
    serveMp4: ({ width, audio: wantsAudio, ...options }) => {
      const { rendition, stream } = cameras.rendition(options.camera, width, 'h264');
      const track = tracks.of(stream);
      const audio = audioOf(options.camera, wantsAudio);
      return new Mp4Stream(cameras, { ...options, rendition, track, audio, onEnd: onEnd(options.camera) });
    },
    hls: (camera, width, { audio: wantsAudio }) => {
      const { rendition, stream } = cameras.rendition(camera, width, 'h264');
      const audio = audioOf(camera, wantsAudio);
      return streams.of(
        `${stream} ${audio?.stream ?? ''}`,
        (onEnd) => new HlsStream(cameras, { camera, rendition, track: tracks.of(stream), audio, onEnd }),
      );
    },
    takeSnapshot: (camera, width, options) =>
      takeSnapshot(cameras, camera, cameras.rendition(camera, width).rendition, options),
    openWebRtc: (options) => webRtc.open(options),
    iceServers: webRtc.servers,
    openLiveSocket: (options) => new LiveSocket(cameras, encoders, options),
  };
}

/** The built pages and the URLs of the browser files. */
async function loadBuilt(): Promise<{ pages: Pages; assets: Assets }> {
  const [{ pages }, assets] = await Promise.all([
    import(new URL('pages/index.js', dist).href) as Promise<{ pages: Pages }>,
    readFile(new URL('assets.json', dist), 'utf8'),
  ]);
  return { pages, assets: JSON.parse(assets) as Assets };
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
