import pLimit from 'p-limit';
import { type CameraAddress, readAddress, withLogin } from '../domain/cameras/camera-address.ts';
import { uniqueCameraId, type Camera, type CameraDetails, type CameraInfo } from '../domain/cameras/camera.ts';
import { asPortholeError, PortholeError } from '../domain/errors.ts';
import type { Logger } from '../domain/logger.ts';
import { isDevice, isNetwork, type DeviceSource } from '../domain/cameras/source-kinds.ts';
import { parseSource, redactSource, restoreSecret } from '../domain/cameras/source.ts';
import { likelySubstream, parseSubstream, substreamToStore } from '../domain/cameras/substream.ts';
import { sentence } from '../messages/sentence.ts';
import { checkedCameraName } from './camera-name.ts';
import type { CameraOverrides } from './camera-overrides.ts';
import type { CameraRegistry } from './camera-registry.ts';
import type { ProbeResult, SourceProbe } from './captures/source-probe.ts';
import type { CameraControls } from './controls/camera-controls.ts';
import type { CameraDevices } from './devices/camera-devices.ts';
import type { NetworkCameras } from './discovery/network-cameras.ts';
import type { CameraStreams } from './discovery/onvif-streams.ts';
import type { LiveCamera } from './live-camera.ts';
import {
  AddressSearch,
  type SearchOptions,
  type SearchResult,
  type SubstreamResult,
} from './sources/address-search.ts';
import type { SourceRules } from './sources/source-rules.ts';
import { WorkingSources } from './sources/working-sources.ts';

/** Where cameras are kept. */
export interface CameraStore {
  /** All that can be read. */
  list(): Promise<readonly Camera[]>;
  /** True if no camera is kept, not even one that can't be read. */
  isEmpty(): Promise<boolean>;
  /** The ids of all cameras that exist or ever existed. */
  usedIds(): Promise<ReadonlySet<string>>;
  /** Adds ids to {@link usedIds}. */
  use(ids: readonly string[]): Promise<void>;
  insert(camera: Camera): Promise<void>;
  update(id: string, change: Partial<Omit<Camera, 'id'>>): Promise<void>;
  delete(id: string): Promise<void>;
  reorder(ids: readonly string[]): Promise<void>;
}

/** The source of a camera and its sub-stream, with their secrets. */
export type WholeSource = Pick<Camera, 'source' | 'substream'>;

/** A camera to add. */
export type NewCamera = Pick<Camera, 'name' | 'source' | 'substream'>;

/** The fields that admins can change. */
export type CameraChange = Partial<Pick<Camera, 'name' | 'source' | 'substream' | 'enabled' | 'bestPhotos'>>;

/** How long a sub-stream may take to show a picture in a test, in milliseconds. */
const substreamLimit = 15_000;

/** Options of a test; `camera` is the one whose stored source is meant if the given one is as shown, or empty. */
type TestOptions = SearchOptions & { readonly camera?: string | undefined };

/** Options of {@link CameraAdmin}. */
export interface CameraAdminOptions {
  readonly store: CameraStore;
  readonly overrides: CameraOverrides;
  readonly cameras: CameraRegistry;
  readonly devices: CameraDevices;
  readonly controls: CameraControls;
  readonly rules: SourceRules;
  readonly probe: SourceProbe;
  readonly network: NetworkCameras;
  /** Starts a camera. */
  readonly bring: (config: Camera) => void;
  /** Starts the test pattern if there are no cameras. */
  readonly ensureOne: () => void;
  /** The test pattern, while it is there because there are no cameras. */
  readonly testPattern: () => LiveCamera | undefined;
  /** Cameras were added, removed, changed or reordered. */
  readonly onChange: () => void;
  readonly log: Logger;
}

/** Adds, changes, tests and removes cameras for admins. */
export class CameraAdmin {
  readonly #options: CameraAdminOptions;
  /** Adds one camera at a time, so that each gets its own id. */
  readonly #additions = pLimit(1);
  readonly #search: AddressSearch;
  readonly #working = new WorkingSources();

  constructor(options: CameraAdminOptions) {
    this.#options = options;
    this.#search = new AddressSearch(options.rules, options.probe);
  }

  /** What admins see of a camera. */
  async details(id: string): Promise<CameraDetails> {
    const { cameras, devices } = this.#options;
    const camera = cameras.get(id);
    const { source: written, substream, bestPhotos = false, enabled } = camera.config;
    const modes = isDevice(camera.source) && enabled ? await devices.modesOf(camera.source) : [];
    const shown = { source: redactSource(written), substream: substream ? redactSource(substream) : null };
    return { ...camera.info, ...shown, fixed: camera.fixed, bestPhotos, modes };
  }

  /** The whole source of a camera and its sub-stream, with their secrets. */
  sourceOf(id: string): WholeSource {
    const { source, substream } = this.#options.cameras.get(id).config;
    return { source, ...(substream ? { substream } : {}) };
  }

  /**
   * Adds a camera. Its name must be free: viewers tell cameras apart by it.
   *
   * @throws {PortholeError} `invalid_input` or `source_invalid`, naming the field.
   */
  async add(input: NewCamera): Promise<CameraInfo> {
    const { cameras, rules, store, log } = this.#options;
    const name = checkedCameraName(input.name);
    const source = restoreSecret(input.source.trim(), '');
    await rules.check(parseSource(source), { trusted: false });
    const substream = await this.#checkedSubstream(input.substream ?? null, { source });
    const test = this.#options.testPattern();
    const camera = await this.#additions(async () => {
      this.#checkFree(name);
      const id = uniqueCameraId(name, cameras.ids.union(await store.usedIds()));
      const added = { id, name, source, substream, enabled: true, position: cameras.lastPosition + 1 };
      await store.insert(added);
      this.#options.bring(added);
      return added;
    });
    if (test !== undefined) await cameras.remove(test);
    log.info({ camera: camera.id, source: redactSource(camera.source) }, 'camera added');
    this.#options.onChange();
    return cameras.get(camera.id).info;
  }

  /** Changes a camera; viewers stay connected when its source changes. */
  async update(id: string, change: CameraChange): Promise<CameraInfo> {
    const { cameras, devices, controls, log } = this.#options;
    const camera = cameras.get(id);
    const next = await this.#checkedChange(camera, change);
    if (Object.keys(next).length === 0) return camera.info;
    const { source, ...override } = next;
    if (camera.fixed) await this.#options.overrides.set(id, override);
    else await this.#options.store.update(id, next);
    if (source !== undefined && deviceOf(source)?.path !== deviceOf(camera.config.source)?.path) {
      await controls.forget(id);
    }
    await camera.change({ ...camera.config, ...next });
    if (next.enabled !== undefined) devices.stale();
    log.info({ camera: id, changed: Object.keys(next), enabled: next.enabled }, 'camera changed');
    this.#options.onChange();
    return camera.info;
  }

  /** Removes a camera and ends its viewers. Its photos stay. */
  async remove(id: string): Promise<void> {
    const { cameras, controls, store, log } = this.#options;
    const camera = cameras.get(id);
    if (camera.fixed) {
      throw new PortholeError('invalid_input', {
        message: sentence('settings_fixed_remove'),
      });
    }
    await store.delete(id);
    await controls.forget(id);
    await cameras.remove(camera);
    this.#options.ensureOne();
    log.info({ camera: id }, 'camera removed');
    this.#options.onChange();
  }

  /** Puts the cameras in this order; those not named follow in their present order. */
  async reorder(ids: readonly string[]): Promise<void> {
    const { cameras, overrides, store } = this.#options;
    const named = ids.map((id) => cameras.get(id));
    const order = [...new Set([...named, ...cameras.sorted])];
    await store.reorder(order.filter(({ fixed }) => !fixed).map(({ id }) => id));
    for (const [position, camera] of order.entries()) {
      if (camera.fixed) await overrides.set(camera.id, { position });
      else await store.update(camera.id, { position });
      await camera.change({ ...camera.config, position });
    }
    this.#options.onChange();
  }

  /**
   * Opens a source once to see whether it works.
   *
   * @param options.camera the camera whose stored source is meant if the given one is as shown, or empty
   */
  async test(
    source: string,
    { signal, camera }: { readonly signal?: AbortSignal; readonly camera?: string } = {},
  ): Promise<ProbeResult> {
    const { cameras, devices, probe } = this.#options;
    const present = camera !== undefined && cameras.has(camera) ? cameras.get(camera) : undefined;
    const written = restoreSecret(source.trim(), present?.config.source ?? '');
    const device = deviceOf(written);
    if (device !== undefined && (await devices.isSwitchedOff(device))) {
      const message = sentence('settings_device_off');
      return { ok: false, problem: new PortholeError('camera_off', { message, field: 'source' }).toJSON() };
    }
    const trusted = present?.fixed === true && written === present.config.source;
    const result = await probe.probe(written, { trusted, signal });
    if (result.ok) this.#working.add(written);
    return result;
  }

  /**
   * Tests the address of a camera. On a host without a path, likely addresses are tried in turn.
   *
   * @param options.camera as for {@link test}
   * @param options.substream its sub-stream, which is tested too; if it is empty and the camera has none, the usual one of
   *   the maker is tried
   */
  async testAddress(
    address: CameraAddress,
    { substream: given = '', ...options }: TestOptions & { readonly substream?: string | undefined },
  ): Promise<SearchResult> {
    try {
      const streams = await this.#streamsOf(address, options.signal);
      const substream = given.trim() === '' ? (streams?.sub ?? '') : given;
      const result = await this.#testAddress(
        streams === null ? address : { ...address, source: streams.main },
        options,
      );
      if (!result.ok) return result;
      const its = await this.#testSubstream(withLogin(result.source, address.user ?? '', address.password ?? ''), {
        ...options,
        written: substream.trim(),
        width: result.width,
      });
      return its === null ? result : { ...result, substream: its };
    } catch (error) {
      if (!(error instanceof PortholeError)) throw error;
      return { ok: false, problem: error.toJSON() };
    }
  }

  /** True if a test of this source has worked in the last minutes. */
  hasWorked(source: string): boolean {
    return this.#working.has(source.trim());
  }

  /** @throws {PortholeError} `invalid_input` if a new camera can't have this name. */
  checkName(name: string): void {
    this.#checkFree(checkedCameraName(name));
  }

  /** The streams that a network camera has told, if the address is the host of one that was found; else null. */
  async #streamsOf(address: CameraAddress, signal: AbortSignal): Promise<CameraStreams | null> {
    const { user = '', password = '', maker = '', path = '' } = address;
    if (maker !== '' || path !== '') return null;
    return this.#options.network.streams(address.source.trim(), { user, password }, signal);
  }

  async #testAddress(address: CameraAddress, { camera, ...options }: TestOptions): Promise<SearchResult> {
    const read = readAddress(address);
    if (read.kind === 'source') {
      const { signal } = options;
      const result = await this.test(read.source, { signal, ...(camera === undefined ? {} : { camera }) });
      return result.ok ? { ...result, source: address.source.trim() } : result;
    }
    const { user = '', password = '' } = address;
    const result = await this.#search.search({ ...read, user, password }, options);
    if (result.ok) this.#working.add(withLogin(result.source, user, password));
    return result;
  }

  /** Tests the sub-stream of a source that works; null if none is given or found. */
  async #testSubstream(
    main: string,
    options: TestOptions & { readonly written: string; /** Of the main stream, in pixels. */ readonly width: number },
  ): Promise<SubstreamResult | null> {
    const { written, width, signal } = options;
    const { cameras, probe, rules } = this.#options;
    const present = options.camera !== undefined && cameras.has(options.camera) ? cameras.get(options.camera) : null;
    const { source: stored = '', substream = null } = present?.config ?? {};
    const source = parseSource(restoreSecret(main, stored));
    const found = written === '' && substream === null && isNetwork(source) ? likelySubstream(source.url) : null;
    const given = written === '' ? found : written;
    if (given === null) return null;
    const result = await Promise.try(async (): Promise<ProbeResult> => {
      const address = substreamToStore(given, substream ?? undefined, source) ?? '';
      return probe.probe(parseSubstream(address, source), {
        check: () => rules.checkSubstream(address, source, { trusted: present?.fixed === true }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(substreamLimit)]),
      });
    }).catch((error: unknown): ProbeResult => ({ ok: false, problem: asPortholeError(error).toJSON() }));
    // One that was only guessed is no failure.
    if (found !== null && !(result.ok && result.width < width)) return null;
    if (result.ok) return { ...result, source: given };
    return { ok: false, source: given, problem: { ...result.problem, field: 'substream' } };
  }

  /** @throws {PortholeError} `invalid_input` if another camera has this name, ignoring case. */
  #checkFree(name: string, except?: string): void {
    const taken = Array.from(this.#options.cameras).find(
      ({ config }) => config.id !== except && config.name.toLowerCase() === name.toLowerCase(),
    );
    if (taken === undefined || taken === this.#options.testPattern()) return;
    throw new PortholeError('invalid_input', {
      message: sentence('settings_name_taken', { name: taken.config.name }),
      field: 'name',
    });
  }

  /** What differs from the camera's configuration, checked. */
  async #checkedChange(camera: LiveCamera, change: CameraChange): Promise<CameraChange> {
    const { config, fixed } = camera;
    const source = change.source === undefined ? undefined : restoreSecret(change.source.trim(), config.source);
    const next = {
      ...(change.name === undefined ? {} : { name: checkedCameraName(change.name) }),
      ...(source === undefined || source === config.source ? {} : { source }),
      ...(change.enabled === undefined ? {} : { enabled: change.enabled }),
      ...(change.bestPhotos === undefined ? {} : { bestPhotos: change.bestPhotos }),
    };
    if (next.name !== undefined && next.name !== config.name) this.#checkFree(next.name, config.id);
    const { substream = next.source === undefined ? undefined : config.substream } = change;
    if (substream !== undefined) {
      const main = { source: next.source ?? config.source, fixed };
      // The sub-stream of an address ends with it.
      const isLeft = change.substream === undefined && !isNetwork(parseSource(main.source));
      const checked = isLeft ? null : await this.#checkedSubstream(substream, main, config.substream ?? undefined);
      if (checked !== (config.substream ?? null)) Object.assign(next, { substream: checked });
    }
    if (next.source === undefined) return next;
    if (fixed) {
      throw new PortholeError('invalid_input', {
        message: sentence('settings_fixed_source'),
        field: 'source',
      });
    }
    await this.#options.rules.check(parseSource(next.source), { trusted: false });
    return next;
  }

  /** The sub-stream to store, checked; null for none. */
  async #checkedSubstream(
    written: string | null,
    main: { readonly source: string; readonly fixed?: boolean },
    stored?: string,
  ): Promise<string | null> {
    if (written === null || written.trim() === '') return null;
    const source = parseSource(main.source);
    const substream = substreamToStore(written, stored, source);
    if (substream !== null && substream !== stored) {
      await this.#options.rules.checkSubstream(substream, source, { trusted: main.fixed === true });
    }
    return substream;
  }
}

/** The device of a source as written; undefined for other sources and for text that is not a source. */
function deviceOf(text: string): DeviceSource | undefined {
  try {
    const source = parseSource(text);
    return isDevice(source) ? source : undefined;
  } catch {
    return undefined;
  }
}
