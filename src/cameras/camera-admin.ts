import pLimit from 'p-limit';
import { type CameraAddress, readAddress, withLogin } from '../domain/cameras/camera-address.ts';
import { uniqueCameraId, type Camera, type CameraDetails, type CameraInfo } from '../domain/cameras/camera.ts';
import { PortholeError } from '../domain/errors.ts';
import type { Logger } from '../domain/logger.ts';
import { isDevice, type DeviceSource } from '../domain/cameras/source-kinds.ts';
import { parseSource, redactSource, restoreSecret } from '../domain/cameras/source.ts';
import { sentence } from '../messages/sentence.ts';
import { checkedCameraName } from './camera-name.ts';
import type { CameraOverrides } from './camera-overrides.ts';
import type { CameraRegistry } from './camera-registry.ts';
import type { ProbeResult, SourceProbe } from './captures/source-probe.ts';
import type { CameraControls } from './controls/camera-controls.ts';
import type { CameraDevices } from './devices/camera-devices.ts';
import type { LiveCamera } from './live-camera.ts';
import { AddressSearch, type SearchOptions, type SearchResult } from './sources/address-search.ts';
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

/** The fields that admins can change. */
export type CameraChange = Partial<Pick<Camera, 'name' | 'source' | 'enabled' | 'bestPhotos'>>;

/** Options of {@link CameraAdmin}. */
export interface CameraAdminOptions {
  readonly store: CameraStore;
  readonly overrides: CameraOverrides;
  readonly cameras: CameraRegistry;
  readonly devices: CameraDevices;
  readonly controls: CameraControls;
  readonly rules: SourceRules;
  readonly probe: SourceProbe;
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

/** What admins do with cameras. */
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
    const { source: written, bestPhotos = false, enabled } = camera.config;
    const modes = isDevice(camera.source) && enabled ? await devices.modesOf(camera.source) : [];
    return { ...camera.info, source: redactSource(written), fixed: camera.fixed, bestPhotos, modes };
  }

  /** The whole source of a camera, with its secrets. */
  sourceOf(id: string): string {
    return this.#options.cameras.get(id).config.source;
  }

  /**
   * Adds a camera. Its name must be free: viewers tell cameras apart by it.
   *
   * @throws {PortholeError} `invalid_input` or `source_invalid`, naming the field.
   */
  async add(input: { readonly name: string; readonly source: string }): Promise<CameraInfo> {
    const { cameras, rules, store, log } = this.#options;
    const name = checkedCameraName(input.name);
    const source = restoreSecret(input.source.trim(), '');
    await rules.check(parseSource(source), { trusted: false });
    const test = this.#options.testPattern();
    const camera = await this.#additions(async () => {
      this.#checkFree(name);
      const id = uniqueCameraId(name, cameras.ids.union(await store.usedIds()));
      const added = { id, name, source, enabled: true, position: cameras.lastPosition + 1 };
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
   */
  async testAddress(
    address: CameraAddress,
    options: SearchOptions & { readonly camera?: string | undefined },
  ): Promise<SearchResult> {
    try {
      return await this.#testAddress(address, options);
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

  async #testAddress(
    address: CameraAddress,
    { camera, ...options }: SearchOptions & { readonly camera?: string | undefined },
  ): Promise<SearchResult> {
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
