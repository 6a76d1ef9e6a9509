import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ending } from './processes.ts';
import { programPath } from './programs.ts';

const script = fileURLToPath(new URL('rtsp_server.py', import.meta.url));

/** How the RTSP server is started. */
export interface RtspServerOptions {
  /** A TCP port of 127.0.0.1; without it the system chooses. */
  readonly port?: number;
  /** Demands basic authentication. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Ticks once a second, as cameras encode sound; without it there is none. */
  readonly audio?: 'alaw' | 'aac' | 'opus';
  /** Pixels; 640. */
  readonly width?: number;
  /** Pixels; 360. */
  readonly height?: number;
  /** Frames per second; 15. */
  readonly fps?: number;
}

/** A running RTSP server. */
export interface RtspServer {
  /** `rtsp://127.0.0.1:PORT/test`, without credentials. */
  readonly url: string;
  /** Ends it; may be called twice. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts GStreamer's RTSP server with a moving picture; look with `lacks('python3 with GstRtspServer')` first. */
export async function startRtspServer(options: RtspServerOptions = {}): Promise<RtspServer> {
  const { credentials, ...numbers } = options;
  const args = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  if (credentials !== undefined) args.push('--user', credentials.user, '--password', credentials.password);
  const child = spawn(programPath('python3'), [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const [url] = await Promise.race([line, ending(child).then((): [string] => [''])]);
  if (url === '') throw new Error(`the RTSP server did not start: ${complaints}`);

  const stop = async (): Promise<void> => {
    child.stdin.end();
    child.kill('SIGTERM');
    await ending(child);
  };
  return { url, stop, [Symbol.asyncDispose]: stop };
}
