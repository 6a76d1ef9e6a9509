import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { ending } from './processes.ts';
import { programPath } from './programs.ts';

/** A go2rtc that a test starts, stops and starts again. Its ports are known before it runs. */
export class Go2rtc {
  /** Its API: `http://127.0.0.1:PORT/api`. */
  readonly api: string;
  /** Its RTSP server: `rtsp://127.0.0.1:PORT`. */
  readonly rtsp: string;
  readonly #file: string;
  readonly #listeners: string;
  #child: ChildProcess | null = null;
  #output = '';

  private constructor(folder: string, ports: { readonly api: number; readonly rtsp: number }) {
    this.api = `http://127.0.0.1:${ports.api}/api`;
    this.rtsp = `rtsp://127.0.0.1:${ports.rtsp}`;
    this.#file = join(folder, 'go2rtc.yaml');
    this.#listeners = [
      ...['api:', `  listen: 127.0.0.1:${ports.api}`],
      ...['rtsp:', `  listen: 127.0.0.1:${ports.rtsp}`],
      ...['webrtc:', '  listen: ""', 'srtp:', '  listen: ""', 'log:', '  level: debug', '  format: json'],
    ].join('\n');
  }

  /** @param folder where its configuration is written */
  static async choosePorts(folder: string): Promise<Go2rtc> {
    return new Go2rtc(folder, { api: await freePort(), rtsp: await freePort() });
  }

  /** What it has printed. */
  get output(): string {
    return this.#output;
  }

  /**
   * Starts it and waits until it listens. Check `lacks('go2rtc')` first.
   *
   * @param streams the rest of its configuration, in YAML; that of the last start if left out
   */
  async start(streams?: string): Promise<void> {
    if (streams !== undefined) await writeFile(this.#file, `${this.#listeners}\n${streams}`);
    const child = spawn(programPath('go2rtc'), ['-config', this.#file], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
      const isThere = await fetch(this.api).then(
        () => true,
        () => false,
      );
      if (isThere) return;
      await delay(50);
    }
    await this.stop();
    throw new Error(`go2rtc does not respond: ${this.#output}`);
  }

  /** Stops it. Idempotent. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ending(child);
    clearTimeout(late);
  }
}
