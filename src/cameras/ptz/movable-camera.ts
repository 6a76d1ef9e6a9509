import pLimit from 'p-limit';
import type { Ptz, PtzCommand, PtzSpeed } from '../../domain/cameras/ptz.ts';
import type { Logger } from '../../domain/logger.ts';
import type { OnvifOrder } from '../discovery/onvif-messages.ts';
import { PtzDevice } from './ptz-device.ts';
import type { PtzRequest } from './ptz-messages.ts';

/** How long connecting may take, in milliseconds. */
export const connectLimit = 8_000;
/** The device stops on its own this long after the server should have told it to, in milliseconds. */
const deviceDelay = 1_000;
/** How long the thread waits for another command, in milliseconds. */
const idleLimit = 60_000;

/** A camera that can be moved. Its thread runs while somebody moves it. */
export class MovableCamera {
  readonly #order: OnvifOrder;
  readonly #log: Logger;
  readonly #inTurn = pLimit(1);
  #device: PtzDevice | null;
  #ptz: Ptz;
  #stopTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  private constructor(order: OnvifOrder, device: PtzDevice, log: Logger) {
    this.#order = order;
    this.#device = device;
    this.#ptz = device.ptz;
    this.#log = log;
    this.#rest();
  }

  /**
   * Connects to a device. Resolves with null if it cannot be moved.
   *
   * @throws {Error} why it does not answer.
   */
  static async find(order: OnvifOrder, signal: AbortSignal, log: Logger): Promise<MovableCamera | null> {
    const device = await PtzDevice.open(order, signal);
    return device && new MovableCamera(order, device, log);
  }

  /** How it can be moved. */
  get ptz(): Ptz {
    return this.#ptz;
  }

  /**
   * Performs a command. A movement ends after its time unless another command follows.
   *
   * @throws {Error} why the device did not do it.
   */
  perform(command: PtzCommand): Promise<void> {
    switch (command.kind) {
      case 'move':
        return this.#move(command.speed, command.duration);
      case 'stop':
        return this.#stop();
      case 'preset':
        return this.#inTurn(() => this.#send(command));
    }
  }

  /** Stops it and ends the thread. Idempotent. */
  async close(): Promise<void> {
    if (this.#stopTimer !== undefined) await this.#stop().catch(() => undefined);
    await this.#inTurn(() => this.#end());
  }

  async #move(speed: PtzSpeed, duration: number): Promise<void> {
    // Before the device has answered: it may be moving by then, and never answer.
    this.#stopAfter(duration);
    await this.#inTurn(() => this.#send({ kind: 'move', speed, timeout: duration + deviceDelay }));
  }

  #stopAfter(duration: number): void {
    clearTimeout(this.#stopTimer);
    this.#stopTimer = setTimeout(() => {
      this.#stop().catch((error: unknown) => this.#log.warn({ err: error }, 'the camera could not be stopped'));
    }, duration);
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#stopTimer);
    this.#stopTimer = undefined;
    await this.#inTurn(async () => {
      const stop = { kind: 'stop' } as const;
      // Once more with another connection: a camera that goes on turning is worse than a late answer.
      await this.#send(stop).catch(() => this.#send(stop));
    });
  }

  async #send(request: PtzRequest): Promise<void> {
    clearTimeout(this.#idleTimer);
    try {
      this.#device ??= await this.#connect();
      await this.#device.send(request);
      this.#rest();
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  async #connect(): Promise<PtzDevice> {
    const device = await PtzDevice.open(this.#order, AbortSignal.timeout(connectLimit));
    if (device === null) throw new Error('the device can no longer be moved');
    this.#ptz = device.ptz;
    return device;
  }

  #rest(): void {
    this.#idleTimer = setTimeout(() => void this.#inTurn(() => this.#end()), idleLimit).unref();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const device = this.#device;
    this.#device = null;
    await device?.close();
  }
}
