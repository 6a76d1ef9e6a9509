import { EventEmitter } from 'node:events';
import { realpath } from 'node:fs/promises';
import type { Logger } from '../domain/logger.ts';
import { uniqueCameraId, type Camera, type CameraDetails, type CameraInfo } from '../domain/camera.ts';
import type { Control, ControlRequest, ControlValues } from '../domain/control.ts';
import { PortholeError } from '../domain/errors.ts';
import type { H264EncoderChoice } from '../domain/h264-encoder.ts';
import type { Device } from '../domain/mode.ts';
import { type Codec, renditionFor, type Rendition } from '../domain/rendition.ts';
import { parseSource, redactSource, restoreSecret } from '../domain/source.ts';
import type { ProbeResult } from './captures/probe.ts';
import { LoadShedder } from '../fanout/load-shedder.ts';
import type { Viewer } from '../fanout/viewer.ts';
import { CameraControls, type ControlStore } from './controls/camera-controls.ts';
import { Devices } from './devices/devices.ts';
import { LiveCamera } from './live-camera.ts';
import type { SourceRules } from './sources/source-rules.ts';

/** What happens to cameras. */
export type CameraEvent =
  /** Its name or its state has changed. */
  | { readonly type: 'camera'; readonly camera: CameraInfo }
  /** Cameras came, went or stand in another order. */
  | { readonly type: 'cameras' }
  /** Capture devices were plugged in or pulled: those there are now. */
  | { readonly type: 'devices'; readonly devices: readonly Device[] };

/** What is kept of a camera beside what the command line says: its switch, its place, its name. */
type Overrides = Readonly<Record<string, Partial<Pick<Camera, 'name' | 'enabled' | 'position' | 'bestPhotos'>>>>;

/** Where cameras are kept. */
export interface CameraStore {
  list(): Promise<readonly Camera[]>;
  insert(camera: Camera): Promise<void>;
  update(id: string, change: Partial<Omit<Camera, 'id'>>): Promise<void>;
  delete(id: string): Promise<void>;
  reorder(ids: readonly string[]): Promise<void>;
}

/** Where the overrides of fixed cameras are kept. */
export interface OverrideStore {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown): Promise<void>;
}

/** What {@link Cameras} is made of. */
export interface CamerasOptions {
  readonly store: CameraStore;
  readonly settings: OverrideStore;
  readonly rules: SourceRules;
  /** What cameras' controls were set to. */
  readonly controls: ControlStore;
  /** Looks for capture devices, without opening those of the given paths. */
  readonly listDevices: (closed: readonly string[]) => Promise<readonly Device[]>;
  /** Tells of devices that come and go. */
  readonly watchDevices?: (onChange: () => void) => Disposable;
  /** Reaches the controls of a device that nothing captures from. */
  readonly deviceControls: (path: string, request: ControlRequest) => Promise<readonly Control[]>;
  readonly log: Logger & { child(bindings: object): Logger };
  /** Milliseconds a camera stays open after the last one who wanted it. */
  readonly grace: number;
  /** What encodes H.264; x264. */
  readonly h264Encoder?: H264EncoderChoice;
  /** The cameras of the command line. */
  readonly fixed: readonly { readonly id: string; readonly name: string; readonly source: string }[];
}

const overridesKey = 'camera_overrides';
const longestName = 60;
/** Control characters, and those that turn the direction of what stands behind them. */
const unfit = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** The cameras there are: configured, found or given at the start, each with its running state. */
export class Cameras {
  readonly #options: CamerasOptions;
  readonly #cameras = new Map<string, LiveCamera>();
  readonly #events = new EventEmitter<{ change: [CameraEvent] }>().setMaxListeners(0);
  readonly #devices: Devices;
  readonly #controls: CameraControls;
  #overrides: Overrides = {};
  #nextBroadcast = 0;
  readonly #loadShedder = new LoadShedder();

  private constructor(options: CamerasOptions) {
    this.#options = options;
    this.#controls = new CameraControls({ store: options.controls, device: options.deviceControls, log: options.log });
    this.#devices = new Devices({
      list: options.listDevices,
      watch: options.watchDevices,
      closed: () => this.#closedDevices(),
      onStir: () => this.#retryDevices(),
      onChange: (devices) => {
        options.log.info({ devices: devices.map(({ path }) => path) }, 'capture devices changed');
        this.#emit({ type: 'devices', devices });
      },
    });
  }

  /**
   * Brings up the cameras: those of the command line and those in Settings. When there are none, every capture device
   * that is found becomes one; when none is found either, there is the test pattern.
   */
  static async open(options: CamerasOptions): Promise<Cameras> {
    const cameras = new Cameras(options);
    const { store, settings, fixed, log } = options;
    cameras.#overrides = (await settings.get<Overrides>(overridesKey)) ?? {};
    fixed.forEach((camera, position) => cameras.#bring({ ...camera, enabled: true, position }, true));
    const taken = new Set(cameras.#cameras.keys());
    let stored = await store.list();
    if (stored.length === 0 && fixed.length === 0) {
      for (const device of await cameras.#devices.list()) {
        const camera = {
          id: uniqueCameraId(device.name, taken),
          name: device.name.slice(0, longestName),
          source: device.path,
          enabled: true,
          position: taken.size,
        };
        taken.add(camera.id);
        await store.insert(camera);
        log.info({ camera: camera.id, source: camera.source }, 'camera found');
      }
      stored = await store.list();
    }
    for (const camera of stored) {
      if (!cameras.#cameras.has(camera.id)) cameras.#bring(camera, false);
      else log.warn({ camera: camera.id }, 'a camera of this id is given at the start; the one in Settings rests');
    }
    cameras.#ensureOne();
    return cameras;
  }

  /** All cameras in their order. */
  list(): readonly CameraInfo[] {
    return this.#sorted().map((camera) => camera.info);
  }

  /** @throws {PortholeError} `camera_not_found` */
  get(id: string): CameraInfo {
    return this.#camera(id).info;
  }

  /** The camera with this id, else the one with this name, whatever its case. */
  find(idOrName: string): CameraInfo | undefined {
    const wanted = idOrName.toLowerCase();
    return this.#cameras.get(idOrName)?.info ?? this.list().find(({ name }) => name.toLowerCase() === wanted);
  }

  /** What admins see of a camera. */
  async details(id: string): Promise<CameraDetails> {
    const camera = this.#camera(id);
    const { source } = camera;
    const modes = source.kind === 'v4l2' && camera.config.enabled ? await this.#modesOf(source.path) : [];
    const { source: written, bestPhotos = false } = camera.config;
    return { ...camera.info, source: redactSource(written), fixed: camera.fixed, bestPhotos, modes };
  }

  /**
   * Adds a camera.
   *
   * @throws {PortholeError} `invalid_input` or `source_invalid`, naming the field.
   */
  async add(input: { readonly name: string; readonly source: string }): Promise<CameraInfo> {
    const name = checkedName(input.name);
    await this.#options.rules.check(parseSource(input.source), { trusted: false });
    const test = this.#testPattern();
    const id = uniqueCameraId(name, new Set(this.#cameras.keys()));
    const camera = { id, name, source: input.source.trim(), enabled: true, position: this.#lastPosition() + 1 };
    await this.#options.store.insert(camera);
    this.#bring(camera, false);
    if (test !== undefined) await this.#drop(test);
    this.#options.log.info({ camera: id, source: redactSource(camera.source) }, 'camera added');
    this.#emit({ type: 'cameras' });
    return this.get(id);
  }

  /** Changes a camera; viewers stay connected when its source changes. */
  async update(
    id: string,
    change: Partial<Pick<Camera, 'name' | 'source' | 'enabled' | 'bestPhotos'>>,
  ): Promise<CameraInfo> {
    const camera = this.#camera(id);
    const source = change.source === undefined ? undefined : restoreSecret(change.source.trim(), camera.config.source);
    const next = {
      ...(change.name === undefined ? {} : { name: checkedName(change.name) }),
      ...(source === undefined || source === camera.config.source ? {} : { source }),
      ...(change.enabled === undefined ? {} : { enabled: change.enabled }),
      ...(change.bestPhotos === undefined ? {} : { bestPhotos: change.bestPhotos }),
    };
    if (next.source !== undefined) {
      if (camera.fixed) {
        throw new PortholeError('invalid_input', {
          message: 'This camera is given at the start of Porthole: change its source there (--camera).',
          field: 'source',
        });
      }
      await this.#options.rules.check(parseSource(next.source), { trusted: false });
    }
    if (Object.keys(next).length === 0) return camera.info;
    if (camera.fixed) await this.#override(id, next);
    else await this.#options.store.update(id, next);
    if (next.source !== undefined && deviceOf(next.source) !== deviceOf(camera.config.source)) {
      await this.#controls.forget(id);
    }
    await camera.change({ ...camera.config, ...next });
    if (next.enabled !== undefined) this.#devices.stale();
    this.#options.log.info({ camera: id, changed: Object.keys(next), enabled: next.enabled }, 'camera changed');
    this.#emit({ type: 'cameras' });
    return camera.info;
  }

  /** Removes a camera and ends its viewers. Its photos stay. */
  async remove(id: string): Promise<void> {
    const camera = this.#camera(id);
    if (camera.fixed) {
      throw new PortholeError('invalid_input', {
        message: 'This camera is given at the start of Porthole: leave it out there (--camera), or switch it off here.',
      });
    }
    await this.#options.store.delete(id);
    await this.#controls.forget(id);
    await this.#drop(camera);
    this.#ensureOne();
    this.#options.log.info({ camera: id }, 'camera removed');
    this.#emit({ type: 'cameras' });
  }

  /** Puts the cameras in this order; those not named follow as they were. */
  async reorder(ids: readonly string[]): Promise<void> {
    const named = ids.map((id) => this.#camera(id));
    const order = [...new Set([...named, ...this.#sorted()])];
    await this.#options.store.reorder(order.filter(({ fixed }) => !fixed).map(({ id }) => id));
    for (const [position, camera] of order.entries()) {
      if (camera.fixed) await this.#override(camera.id, { position });
      else await this.#options.store.update(camera.id, { position });
      await camera.change({ ...camera.config, position });
    }
    this.#emit({ type: 'cameras' });
  }

  /**
   * Opens a source once to see whether it works.
   *
   * @param options.camera whose stored password stands for `•••` in the source
   */
  async test(
    source: string,
    { signal, camera }: { readonly signal?: AbortSignal; readonly camera?: string } = {},
  ): Promise<ProbeResult> {
    const present = camera === undefined ? undefined : this.#cameras.get(camera);
    const written = present === undefined ? source.trim() : restoreSecret(source.trim(), present.config.source);
    if (await this.#isSwitchedOff(written)) {
      const message = 'The camera with this device is switched off. Switch it on first.';
      return { ok: false, problem: new PortholeError('camera_off', { message, field: 'source' }).toJSON() };
    }
    return this.#options.rules.probe(written, {
      trusted: present?.fixed === true && written === present.config.source,
      signal,
    });
  }

  /** The capture devices of this machine. */
  devices(): Promise<readonly Device[]> {
    return this.#devices.list();
  }

  /**
   * The controls of a camera's device; none for a stream or a file.
   *
   * @throws {PortholeError} `camera_off`, or why the device cannot be reached.
   */
  controls(id: string): Promise<readonly Control[]> {
    return this.#controls.read(this.#camera(id));
  }

  /**
   * Sets controls, now and whenever the camera is opened.
   *
   * @returns all controls as they are then
   * @throws {PortholeError} `invalid_input` with the control's id as the field; then nothing has changed.
   */
  setControls(id: string, values: ControlValues): Promise<readonly Control[]> {
    return this.#controls.set(this.#camera(id), values);
  }

  /** Sets all controls to the device's defaults, now and whenever the camera is opened. */
  resetControls(id: string): Promise<readonly Control[]> {
    return this.#controls.reset(this.#camera(id));
  }

  /** Tries at once to open a camera that is waiting to reconnect. */
  retryNow(id: string): void {
    this.#camera(id).supervisor.retryNow();
  }

  /** Opens a camera and resolves when it is live; it stays open for the grace time. */
  async ensureOpen(id: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { supervisor } = this.#camera(id);
    const release = supervisor.demand();
    try {
      await supervisor.untilLive(options);
    } finally {
      release();
    }
  }

  /**
   * Runs `take` with the camera at its best: where an admin allows it, in the largest Mode of its device, which viewers
   * see as a short pause.
   */
  async atItsBest<T>(id: string, take: () => Promise<T>): Promise<T> {
    const camera = this.#camera(id);
    const { source, config } = camera;
    if (source.kind !== 'v4l2' || config.bestPhotos !== true || !config.enabled) return take();
    return camera.atItsBest(take);
  }

  /** Resolves when a camera that is wanted is live. */
  untilLive(id: string, options: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    return this.#camera(id).supervisor.untilLive(options);
  }

  /** The last picture seen of the camera, without opening it. */
  poster(id: string): { readonly bytes: Buffer } | null {
    return this.#camera(id).supervisor.poster;
  }

  /** The Rendition of a camera that fits a wanted width, and its Broadcast's number. */
  rendition(id: string, width: number | 'source', codec: Codec = 'jpeg'): { rendition: Rendition; stream: number } {
    const camera = this.#camera(id);
    const rendition = renditionFor(width, camera.info.size?.width ?? null, codec);
    return { rendition, stream: camera.supervisor.broadcast(rendition).id };
  }

  /** True if the camera has sound, as far as it was seen. */
  hasAudio(id: string): boolean {
    return this.#camera(id).supervisor.video?.audio === true;
  }

  /** Adds a Viewer; returns what removes it. */
  subscribe(id: string, rendition: Rendition, viewer: Viewer): () => void {
    return this.#camera(id).supervisor.subscribe(rendition, viewer);
  }

  /** A Viewer of a Rendition has lost a frame that others build on: asks for a keyframe, which is not always to be had. */
  requestKeyframe(id: string, rendition: Rendition): void {
    this.#cameras.get(id)?.supervisor.broadcast(rendition).requestKeyframe();
  }

  /** The figures of every camera, for metrics. */
  metrics() {
    return this.#sorted().map((camera) => camera.metrics());
  }

  /** Tells of every change; returns what ends that. */
  onChange(listener: (event: CameraEvent) => void): () => void {
    this.#events.on('change', listener);
    return () => this.#events.off('change', listener);
  }

  /** Closes all cameras. Resolves when every device is free. Idempotent. */
  async close(): Promise<void> {
    this.#devices[Symbol.dispose]();
    await Promise.all(Array.from(this.#cameras.values(), (camera) => camera.supervisor.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #camera(id: string): LiveCamera {
    const camera = this.#cameras.get(id);
    if (camera === undefined) throw new PortholeError('camera_not_found');
    return camera;
  }

  #sorted(): readonly LiveCamera[] {
    return [...this.#cameras.values()].sort((a, b) => a.config.position - b.config.position);
  }

  #bring(config: Camera, fixed: boolean): void {
    const { log, grace, rules, h264Encoder = 'x264' } = this.#options;
    const camera = new LiveCamera({
      config: fixed ? { ...config, ...this.#overrides[config.id] } : config,
      fixed,
      grace,
      h264Encoder,
      rules,
      log: log.child({ camera: config.id }),
      nextBroadcast: () => (this.#nextBroadcast += 1),
      loadShedder: this.#loadShedder,
      savedControls: (id) => this.#controls.saved(id),
      nodeOf: (path) => this.#devices.nodeOf(path),
      onChange: (info) => {
        if (this.#cameras.has(info.id)) this.#emit({ type: 'camera', camera: info });
      },
    });
    this.#cameras.set(config.id, camera);
  }

  async #drop(camera: LiveCamera): Promise<void> {
    this.#cameras.delete(camera.id);
    await camera.supervisor.close();
  }

  /** So that there is something to see: the test pattern, as long as there is no camera. */
  #ensureOne(): void {
    if (this.#cameras.size > 0) return;
    this.#bring({ id: 'test', name: 'Test pattern', source: 'test:', enabled: true, position: 0 }, true);
  }

  /** The test pattern that stands in while there is no camera. */
  #testPattern(): LiveCamera | undefined {
    const only = this.#cameras.size === 1 ? this.#cameras.get('test') : undefined;
    return only?.fixed === true && this.#options.fixed.length === 0 ? only : undefined;
  }

  async #override(id: string, change: Partial<Camera>): Promise<void> {
    this.#overrides = { ...this.#overrides, [id]: { ...this.#overrides[id], ...change } };
    await this.#options.settings.set(overridesKey, this.#overrides);
  }

  async #modesOf(path: string): Promise<Device['modes']> {
    const devices = await this.#devices.recent();
    // A device may have another name by now: one like it was plugged in, or udev has made its links.
    const node = await realpath(path).catch(() => path);
    return devices.find((device) => device.path === path || device.node === node)?.modes ?? [];
  }

  /** Where the last camera stands; -1 when there is none. */
  #lastPosition(): number {
    return Math.max(-1, ...Array.from(this.#cameras.values(), ({ config }) => config.position));
  }

  /** The devices of cameras that are switched off, unless another camera that is on has the same one. */
  #closedDevices(): readonly string[] {
    const paths = (enabled: boolean): readonly string[] =>
      [...this.#cameras.values()].flatMap(({ source, config }) =>
        source.kind === 'v4l2' && config.enabled === enabled ? [source.path] : [],
      );
    const open = new Set(paths(true));
    return paths(false).filter((path) => !open.has(path));
  }

  /** True for the device of a camera that is switched off, under whatever name it is written. */
  async #isSwitchedOff(source: string): Promise<boolean> {
    const path = deviceOf(source);
    if (path === undefined) return false;
    const node = (each: string): Promise<string> => {
      const known = this.#devices.nodeOf(each);
      return realpath(known).catch(() => known);
    };
    return (await Promise.all(this.#closedDevices().map(node))).includes(await node(path));
  }

  /** A device has come or gone: whoever waits for one looks at once. */
  #retryDevices(): void {
    for (const { source, supervisor } of this.#cameras.values()) if (source.kind === 'v4l2') supervisor.retryNow();
  }

  #emit(event: CameraEvent): void {
    this.#events.emit('change', event);
  }
}

/** The device of a source as written; undefined for a stream or a file, and for what is no source. */
function deviceOf(text: string): string | undefined {
  try {
    const source = parseSource(text);
    return source.kind === 'v4l2' ? source.path : undefined;
  } catch {
    return undefined;
  }
}

function checkedName(text: string): string {
  const name = text.trim().replace(/\s+/g, ' ');
  if (name === '' || [...name].length > longestName || unfit.test(name)) {
    throw new PortholeError('invalid_input', {
      message: `A name has 1 to ${longestName} characters, none of which controls the others.`,
      field: 'name',
    });
  }
  return name;
}
