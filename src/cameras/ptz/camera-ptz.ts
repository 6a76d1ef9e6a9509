import { isNetwork } from '../../domain/cameras/source-kinds.ts';
import { immovable, type Ptz, type PtzCommand } from '../../domain/cameras/ptz.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Logger } from '../../domain/logger.ts';
import { credentialsOf } from '../../formats/http-auth/authorization.ts';
import { sentence } from '../../messages/sentence.ts';
import { type NetworkCameras, orderFor } from '../discovery/network-cameras.ts';
import type { LiveCamera } from '../live-camera.ts';
import { answeringPorts } from '../sources/answering-ports.ts';
import type { SourceRules } from '../sources/source-rules.ts';
import { connectLimit, MovableCamera } from './movable-camera.ts';

/** Where cameras have their device service, if no search has found it: the first that answers counts. */
const usualPorts = [80, 2020, 8000, 8080, 8899];
/** A camera that cannot be moved is asked again after this time, in milliseconds. */
const askAgainAfter = 10 * 60_000;
/** One that refuses the login is asked again after this time, in milliseconds: cameras lock out after some wrong logins. */
const signInAgainAfter = 24 * 60 * 60_000;

/** Options of {@link CameraPtz}. */
export interface CameraPtzOptions {
  readonly rules: SourceRules;
  readonly network: NetworkCameras;
  readonly log: Logger;
}

/** The answer of a camera with this source. */
interface Known {
  readonly source: string;
  readonly movable: Promise<MovableCamera | null>;
  /** When it may be asked again if it cannot be moved, by `performance.now()`; infinite before the answer. */
  until: number;
}

/** What asking a camera found. */
interface Found {
  readonly movable: MovableCamera | null;
  /** True if it refused the login. */
  readonly refused?: boolean;
}

/** Moves the network cameras that can be moved, by ONVIF with the login of their address. */
export class CameraPtz {
  readonly #options: CameraPtzOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: CameraPtzOptions) {
    this.#options = options;
  }

  /** True if a camera may be one that can be moved. */
  mayMove({ config, source }: LiveCamera): boolean {
    return isNetwork(source) && config.enabled;
  }

  /** How a camera can be moved. The camera itself is asked the first time only. */
  async of(camera: LiveCamera): Promise<Ptz> {
    return (await this.#movable(camera))?.ptz ?? immovable;
  }

  /**
   * Moves a camera.
   *
   * @throws {PortholeError} `invalid_input` if it cannot be moved so, `camera_failed` if it does not answer.
   */
  async perform(camera: LiveCamera, command: PtzCommand): Promise<void> {
    const movable = await this.#movable(camera);
    if (movable === null) {
      throw new PortholeError('invalid_input', {
        message: sentence('controls_ptz_none', { name: camera.config.name }),
      });
    }
    const { presets } = movable.ptz;
    if (command.kind === 'preset' && !presets.some(({ id }) => id === command.id)) {
      throw new PortholeError('invalid_input', { message: sentence('controls_ptz_no_preset'), field: 'preset' });
    }
    try {
      await movable.perform(command);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new PortholeError('camera_failed', { message: sentence('controls_ptz_failed'), detail });
    }
    if (command.kind === 'preset') this.#options.log.info({ camera: camera.id, preset: command.id }, 'camera moved');
  }

  /** Stops all cameras that move. Idempotent. */
  async close(): Promise<void> {
    const all = [...this.#known.values()];
    this.#known.clear();
    await Promise.all(all.map(forget));
  }

  async #movable(camera: LiveCamera): Promise<MovableCamera | null> {
    const { config, source } = camera;
    if (!isNetwork(source) || !config.enabled) return null;
    const known = this.#known.get(camera.id);
    if (known?.source === source.url) {
      const movable = await known.movable;
      if (movable !== null || performance.now() < known.until) return movable;
    }
    return this.#ask(camera.id, source.url);
  }

  #ask(id: string, source: string): Promise<MovableCamera | null> {
    const before = this.#known.get(id);
    if (before !== undefined) void forget(before);
    const found = this.#find(id, source);
    const known: Known = { source, movable: found.then(({ movable }) => movable), until: Infinity };
    this.#known.set(id, known);
    void found.then(({ refused = false }) => {
      known.until = performance.now() + (refused ? signInAgainAfter : askAgainAfter);
    });
    return known.movable;
  }

  async #find(id: string, source: string): Promise<Found> {
    const log = this.#options.log;
    const signal = AbortSignal.timeout(connectLimit);
    try {
      const login = credentialsOf(source) ?? { user: '', password: '' };
      for (const service of await this.#services(source, signal)) {
        const order = await orderFor(this.#options.rules, service, login);
        try {
          return { movable: await MovableCamera.find(order, signal, log) };
        } catch (error) {
          log.debug({ camera: id, err: error }, 'no answer by ONVIF');
          const refused = /authori[sz]|authentic|401/i.test(String(error));
          if (signal.aborted || refused) return { movable: null, refused };
        }
      }
    } catch (error) {
      log.debug({ camera: id, err: error }, 'the camera cannot be asked whether it can be moved');
    }
    return { movable: null };
  }

  /** The addresses that the device service may have. */
  async #services(source: string, signal: AbortSignal): Promise<readonly string[]> {
    const { hostname, protocol, port } = new URL(source);
    const found = this.#options.network.serviceOf(hostname);
    if (found !== undefined) return [found];
    const { address } = await orderFor(this.#options.rules, `http://${hostname}/`, { user: '', password: '' });
    const own = protocol === 'http:' && port !== '' ? [Number(port)] : [];
    const ports = [...new Set([...own, ...usualPorts])];
    const answering = await answeringPorts([address], ports, signal);
    return ports.filter((each) => answering.has(each)).map((each) => `http://${hostname}:${each}/onvif/device_service`);
  }
}

async function forget({ movable }: Known): Promise<void> {
  await (await movable)?.close();
}
