import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { AVMEDIA_TYPE_AUDIO } from 'node-av/constants';
import { Dictionary, FormatContext, InputFormat, Packet } from 'node-av/lib';
import { monotonicNow } from '../../domain/clock.ts';
import type { CapturedAudio, AudioInput } from '../source.ts';

/** How long to wait before opening a microphone again after it failed, in milliseconds. */
const retry = 5_000;

/** The channel layouts to try. Most cameras have mono microphones, and ALSA does not convert them here. */
const layouts = ['stereo', 'mono'] as const;

/** A microphone of this machine, read through ALSA. It is open only while somebody listens. */
export class Microphone implements AudioInput {
  readonly #name: string;
  readonly #warn: (text: string) => void;
  #take: ((audio: CapturedAudio) => void) | null = null;
  #running: Promise<void> | null = null;
  #warned = false;

  /**
   * @param name ALSA's name of the device, such as `hw:1,0`
   * @param warn receives a sentence when the microphone cannot be opened
   */
  constructor(name: string, warn: (text: string) => void) {
    this.#name = name;
    this.#warn = warn;
  }

  listen(take: ((audio: CapturedAudio) => void) | null): void {
    this.#take = take;
    if (take === null) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      // Somebody started to listen while it was being closed.
      if (this.#take !== null) this.listen(this.#take);
    });
  }

  /** Resolves when the microphone is closed. */
  async close(): Promise<void> {
    this.#take = null;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#take !== null) {
      const context = await this.#open();
      if (context !== null) {
        this.#warned = false;
        await this.#read(context);
        await context.closeInput();
      } else if (!this.#warned) {
        this.#warned = true;
        this.#warn(
          `The microphone ${this.#name} cannot be opened, so the video has no audio. Check its name ("arecord -l" lists ` +
            `cards and devices), that no other program uses it, and that Porthole's user is in the group "audio".`,
        );
      }
      // Waits in short steps, so that closing the camera is not delayed.
      for (let waited = 0; this.#take !== null && waited < retry; waited += 100) await delay(100);
    }
  }

  async #open(): Promise<FormatContext | null> {
    // Our own configuration: a machine without a desktop may have none, and others may refer to more than devices.
    // eslint-disable-next-line no-restricted-properties -- ALSA takes its configuration from here; nothing is read.
    process.env.ALSA_CONFIG_PATH = fileURLToPath(new URL('alsa.conf', import.meta.url));
    const format = InputFormat.findInputFormat('alsa');
    if (format === null) return null;
    for (const layout of layouts) {
      const context = new FormatContext();
      context.allocContext();
      using options = Dictionary.fromObject({ ch_layout: layout, sample_rate: '48000' });
      if ((await context.openInput(this.#name, format, options)) >= 0) return context;
    }
    return null;
  }

  /** Delivers packets until the microphone fails or nobody listens. */
  async #read(context: FormatContext): Promise<void> {
    const stream = context.streams[context.findBestStream(AVMEDIA_TYPE_AUDIO)];
    if (stream === undefined) return;
    const parameters = stream.codecpar;
    while (this.#take !== null) {
      using packet = new Packet();
      packet.alloc();
      if ((await context.readFrame(packet)) < 0) return;
      this.#take?.({ packet, parameters, time: monotonicNow(), exact: false });
    }
  }
}
