import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { FakeCamera } from './fakecam.ts';
import { ending } from './processes.ts';
import { programPath } from './programs.ts';

/** A running ustreamer. */
export interface Ustreamer {
  /** Its stream: `http://127.0.0.1:PORT/stream`. */
  readonly url: string;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts ustreamer with a webcam, whose frames it passes through. */
export async function startUstreamer(
  camera: FakeCamera,
  options: { readonly port: number; readonly credentials?: { readonly user: string; readonly password: string } },
): Promise<Ustreamer> {
  const { port, credentials } = options;
  const args = [
    ...['--device', camera.device, '--format', 'MJPEG', '--encoder', 'HW', '--resolution', '640x480'],
    ...['--desired-fps', '20', '--host', '127.0.0.1', '--port', String(port)],
    ...(credentials === undefined ? [] : ['--user', credentials.user, '--passwd', credentials.password]),
  ];
  const child = spawn(programPath('ustreamer'), args, {
    env: { ...process.env, ...camera.environment() },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ending(child);
    clearTimeout(late);
  };
  const base = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) break;
    // Any reply will do, even one that asks for a password.
    if (
      await fetch(`${base}/state`).then(
        () => true,
        () => false,
      )
    ) {
      return { url: `${base}/stream`, stop, [Symbol.asyncDispose]: stop };
    }
    await delay(50);
  }
  await stop();
  throw new Error(`ustreamer does not respond: ${complaints}`);
}
