import pLimit from 'p-limit';
import type { Camera, CameraDetails, CameraInfo } from '../domain/cameras/camera.ts';
import type { Control, ControlRequest, ControlValues } from '../domain/cameras/control.ts';
import type { Ptz, PtzCommand } from '../domain/cameras/ptz.ts';
import { Listeners } from '../domain/listeners.ts';
import type { FoundWebcams } from '../domain/cameras/found-webcam.ts';
import type { Logger } from '../domain/logger.ts';
import type { Device } from '../domain/cameras/mode.ts';
import type { Codec, Rendition } from '../domain/media/rendition.ts';
import { LoadShedder } from '../fanout/load-shedder.ts';
import type { Frame } from '../domain/media/frame.ts';
import type { Delivery, Viewer } from '../fanout/viewer.ts';
import { CameraAdmin, type CameraChange, type CameraStore, type NewCamera, type WholeSource } from './camera-admin.ts';
import { CameraOverrides, type OverrideStore } from './camera-overrides.ts';
import { CameraRegistry } from './camera-registry.ts';
import type { Captures } from './captures/capture.ts';
import { SourceProbe, type ProbeResult } from './captures/source-probe.ts';
import { withSubstreams } from './captures/substreams/with-substreams.ts';
import { CameraPtz } from './ptz/camera-ptz.ts';
import { CameraControls, type ControlStore } from './controls/camera-controls.ts';
import { CameraDevices } from './devices/camera-devices.ts';
import { NetworkCameras } from './discovery/network-cameras.ts';
import { camerasOf } from './found-cameras.ts';
import { LiveCamera, type CameraContext, type OpenOptions } from './live-camera.ts';
import { EncodeBudget } from './media/encode-budget.ts';
import type { SourceRules } from './sources/source-rules.ts';

/** How many posters are captured at the same time: as many as one transcoder decodes by default. */
const postersAtOnce = 4;

/** What happens to cameras. */
export type CameraEvent =
  /** The name or the state of a camera has changed. */
  | { readonly type: 'camera'; readonly camera: CameraInfo }
  /** Cameras were added, removed, changed or reordered. */
  | { readonly type: 'cameras' }
  /** Capture devices were plugged in or unplugged; these are present now. */
  | { readonly type: 'devices'; readonly devices: readonly Device[] };

/** Options of {@link Cameras}. */
export interface CamerasOptions {
  readonly store: CameraStore;
  readonly settings: OverrideStore;
  readonly rules: SourceRules;
  /** Opens the sources of each kind. */
  readonly captures: Captures;
  /** The stored values of controls. */
  readonly controls: ControlStore;
  /** Finds the capture devices, without opening those of the given paths. */
  readonly listDevices: (closed: readonly string[]) => Promise<readonly Device[]>;
  /** Reports devices that come and go. */
  readonly watchDevices?: (onChange: () => void) => Disposable;
  /** Reads or sets the controls of a device that no Capture has open. */
  readonly deviceControls: (path: string, request: ControlRequest) => Promise<readonly Control[]>;
  readonly log: Logger & { child(bindings: object): Logger };
  /** How long a camera stays open after its last viewer, in milliseconds. */
  readonly grace: number;
  /** The cameras of the command line. */
  readonly fixed: readonly { readonly id: string; readonly name: string; readonly source: string }[];
}

/** All cameras, configured, found or given on the command line, each with its running state. */
export class Cameras {
  readonly #options: CamerasOptions;
  readonly #registry = new CameraRegistry();
  readonly #events: Listeners<CameraEvent>;
  readonly #devices: CameraDevices;
  readonly #controls: CameraControls;
  readonly #ptz: CameraPtz;
  readonly #overrides: CameraOverrides;
  readonly #admin: CameraAdmin;
  readonly #context: CameraContext;
  /** Network cameras that answer a search. */
  readonly network: NetworkCameras;
  #lastBroadcastId = 0;

  private constructor(options: CamerasOptions, overrides: CameraOverrides) {
    const { log, rules, captures, grace } = options;
    this.#options = options;
    this.#overrides = overrides;
    this.#events = new Listeners((error) => log.error({ err: error }, 'a listener of cameras failed'));
    this.#controls = new CameraControls({ store: options.controls, device: options.deviceControls, log });
    this.#devices = new CameraDevices({
      cameras: this.#registry,
      list: options.listDevices,
      watch: options.watchDevices,
      onChange: (devices) => {
        log.info({ devices: devices.map(({ path }) => path) }, 'capture devices changed');
        this.#events.emit({ type: 'devices', devices });
      },
    });
    this.#context = {
      captures: withSubstreams(captures),
      grace,
      rules,
      loadShedder: new LoadShedder(),
      encodeBudget: new EncodeBudget(),
      posterTurns: pLimit(postersAtOnce),
      nextBroadcastId: () => (this.#lastBroadcastId += 1),
      savedControls: (id) => this.#controls.saved(id),
      nodeOf: (path) => this.#devices.nodeOf(path),
    };
    this.network = new NetworkCameras({ rules, cameras: this.#registry });
    this.#ptz = new CameraPtz({ rules, network: this.network, log });
    this.#admin = new CameraAdmin({
      network: this.network,
      store: options.store,
      overrides,
      cameras: this.#registry,
      devices: this.#devices,
      controls: this.#controls,
      rules,
      probe: new SourceProbe(rules, captures, log),
      bring: (config) => this.#bring(config, false),
      ensureOne: () => this.#ensureOne(),
      testPattern: () => this.#testPattern(),
      onChange: () => this.#events.emit({ type: 'cameras' }),
      log,
    });
  }

  /**
   * Starts the cameras of the command line and of Settings. Without any, every capture device that is found becomes
   * a camera; if none is found, the test pattern does.
   */
  static async open(options: CamerasOptions): Promise<Cameras> {
    const { store, fixed, log } = options;
    const cameras = new Cameras(options, await CameraOverrides.open(options.settings));
    cameras.#devices.start();
    fixed.forEach((camera, position) => cameras.#bring({ ...camera, enabled: true, position }, true));
    let stored = await store.list();
    if (fixed.length === 0 && (await store.isEmpty())) {
      for (const camera of camerasOf(await cameras.#devices.list(), await store.usedIds())) {
        await store.insert(camera);
        log.info({ camera: camera.id, source: camera.source }, 'camera found');
      }
      stored = await store.list();
    }
    for (const camera of stored) {
      if (!cameras.#registry.has(camera.id)) cameras.#bring(camera, false);
      else
        log.warn(
          { camera: camera.id },
          'the command line defines a camera with this id; the one in Settings is ignored',
        );
    }
    cameras.#ensureOne();
    await store.use(fixed.map(({ id }) => id)).catch((error: unknown) => {
      log.warn({ err: error }, 'the ids of the cameras of the command line could not be noted');
    });
    return cameras;
  }

  /** All cameras in their order. */
  list(): readonly CameraInfo[] {
    return this.#registry.sorted.map((camera) => camera.info);
  }

  /** @throws {PortholeError} `camera_not_found` */
  get(id: string): CameraInfo {
    return this.#registry.get(id).info;
  }

  /** The camera with this id, else the one with this name, ignoring case. */
  find(idOrName: string): CameraInfo | undefined {
    return this.#registry.find(idOrName)?.info;
  }

  /** See {@link CameraAdmin.sourceOf}. */
  sourceOf(id: string): WholeSource {
    return this.#admin.sourceOf(id);
  }

  /** See {@link CameraAdmin.details}. */
  details(id: string): Promise<CameraDetails> {
    return this.#admin.details(id);
  }

  /** See {@link CameraAdmin.add}. */
  add(input: NewCamera): Promise<CameraInfo> {
    return this.#admin.add(input);
  }

  /** See {@link CameraAdmin.update}. */
  update(id: string, change: CameraChange): Promise<CameraInfo> {
    return this.#admin.update(id, change);
  }

  /** See {@link CameraAdmin.remove}. */
  remove(id: string): Promise<void> {
    return this.#admin.remove(id);
  }

  /** See {@link CameraAdmin.reorder}. */
  reorder(ids: readonly string[]): Promise<void> {
    return this.#admin.reorder(ids);
  }

  /** See {@link CameraAdmin.test}. */
  test(source: string, options?: { readonly signal?: AbortSignal; readonly camera?: string }): Promise<ProbeResult> {
    return this.#admin.test(source, options);
  }

  /** See {@link CameraAdmin.testAddress}. */
  testAddress(...args: Parameters<CameraAdmin['testAddress']>): ReturnType<CameraAdmin['testAddress']> {
    return this.#admin.testAddress(...args);
  }

  /** See {@link CameraAdmin.checkName}. */
  checkName(name: string): void {
    this.#admin.checkName(name);
  }

  /** See {@link CameraAdmin.hasWorked}. */
  hasWorked(source: string): boolean {
    return this.#admin.hasWorked(source);
  }

  /** The capture devices of this machine. */
  devices(): Promise<readonly Device[]> {
    return this.#devices.list();
  }

  /** True if the only camera is the test pattern, which is there because there are no others. */
  get areNone(): boolean {
    return this.#testPattern() !== undefined;
  }

  /** See {@link CameraDevices.found}. */
  foundWebcams(): Promise<FoundWebcams> {
    return this.#devices.found();
  }

  /**
   * The controls of a camera's device; none for other sources.
   *
   * @throws {PortholeError} `camera_off`, or why the device cannot be reached.
   */
  controls(id: string): Promise<readonly Control[]> {
    return this.#controls.read(this.#registry.get(id));
  }

  /**
   * Sets controls, now and whenever the camera is opened.
   *
   * @returns all controls as they are then
   * @throws {PortholeError} `invalid_input` with the control's id as the field; then nothing has changed.
   */
  setControls(id: string, values: ControlValues): Promise<readonly Control[]> {
    return this.#controls.set(this.#registry.get(id), values);
  }

  /** Resets all controls to the device's defaults, now and whenever the camera is opened. */
  resetControls(id: string): Promise<readonly Control[]> {
    return this.#controls.reset(this.#registry.get(id));
  }

  /** True if asking a camera whether it can be moved makes sense. */
  mayMove(id: string): boolean {
    return this.#ptz.mayMove(this.#registry.get(id));
  }

  /** How a camera can be moved; the first time, the camera is asked. */
  ptz(id: string): Promise<Ptz> {
    return this.#ptz.of(this.#registry.get(id));
  }

  /**
   * Moves a camera, or stops it.
   *
   * @returns how it can be moved
   * @throws {PortholeError} `invalid_input` if it cannot be moved so, `camera_failed` if it does not answer.
   */
  async movePtz(id: string, command: PtzCommand): Promise<Ptz> {
    const camera = this.#registry.get(id);
    await this.#ptz.perform(camera, command);
    return this.#ptz.of(camera);
  }

  /** Makes the next attempt to open a camera now, because somebody asks for it; once in a few seconds. */
  askToRetry(id: string): void {
    this.#registry.get(id).askToRetry();
  }

  /** Opens a camera and resolves when it is live; it stays open for the grace time. */
  async ensureOpen(id: string, options: OpenOptions = {}): Promise<void> {
    await this.#registry.get(id).ensureOpen(options);
  }

  /** Runs `take` with the camera in its largest Mode, if an admin allows that. */
  async atItsBest<T>(id: string, take: () => Promise<T>): Promise<T> {
    return this.#registry.get(id).atItsBest(take);
  }

  /** Resolves when a camera that is wanted is live. */
  untilLive(id: string, options: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    return this.#registry.get(id).untilLive(options);
  }

  /** The last JPEG of a camera, without opening it. */
  poster(id: string): Pick<Frame, 'bytes' | 'capturedAt'> | null {
    return this.#registry.get(id).poster;
  }

  /** The Rendition of a camera that fits a wanted width, and its Broadcast's number. */
  rendition(id: string, width: number | 'source', codec: Codec = 'jpeg'): { rendition: Rendition; stream: number } {
    return this.#registry.get(id).rendition(width, codec);
  }

  /** True if the camera has audio, as last seen. */
  hasAudio(id: string): boolean {
    return this.#registry.get(id).video?.audio === true;
  }

  /** Resolves once it is known whether an open camera has audio, or with the signal: it may begin after the video. */
  async untilAudioIsKnown(id: string, signal: AbortSignal): Promise<void> {
    while (this.#registry.get(id).video?.awaitsAudio === true && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const forget = this.onChange((event) => event.type === 'camera' && event.camera.id === id && resolve());
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise.finally(forget);
    }
  }

  /** Adds a viewer; returns a function that removes it. */
  subscribe(id: string, rendition: Rendition, viewer: Viewer, delivery?: Delivery): () => void {
    return this.#registry.get(id).subscribe(rendition, viewer, delivery);
  }

  /** Asks for a keyframe for a viewer that has lost a frame. The source may not make them on demand. */
  requestKeyframe(id: string, rendition: Rendition): void {
    if (this.#registry.has(id)) this.#registry.get(id).requestKeyframe(rendition);
  }

  /** The counts of every camera, for metrics. */
  metrics() {
    return this.#registry.sorted.map((camera) => camera.metrics());
  }

  /** Calls back for every change; returns a function that ends this. */
  onChange(listener: (event: CameraEvent) => void): () => void {
    return this.#events.add(listener);
  }

  /** Closes all cameras. Resolves once every device is free. Idempotent. */
  async close(): Promise<void> {
    this.#devices.close();
    await Promise.all([this.#ptz.close(), ...Array.from(this.#registry, (camera) => camera.close())]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #bring(config: Camera, fixed: boolean): void {
    const camera = new LiveCamera({
      ...this.#context,
      config: fixed ? this.#overrides.apply(config) : config,
      fixed,
      onChange: (info) => {
        if (this.#registry.has(info.id)) this.#events.emit({ type: 'camera', camera: info });
      },
      log: this.#options.log.child({ camera: config.id }),
    });
    this.#registry.add(camera);
  }

  /** Shows the test pattern as long as there are no cameras. */
  #ensureOne(): void {
    if (this.#registry.size > 0) return;
    this.#bring({ id: 'test', name: 'Test pattern', source: 'test:', enabled: true, position: 0 }, true);
  }

  #testPattern(): LiveCamera | undefined {
    const only = this.#registry.size === 1 && this.#registry.has('test') ? this.#registry.get('test') : undefined;
    return only?.fixed === true && this.#options.fixed.length === 0 ? only : undefined;
  }
}
