import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ending } from './processes.ts';
import { programPath } from './programs.ts';

const script = fileURLToPath(new URL('rtsp_server.py', import.meta.url));

/** Options of the RTSP server. */
export interface RtspServerOptions {
  /** A TCP port of 127.0.0.1; by default any free port. */
  readonly port?: number;
  /** Requires basic authentication. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** The codec of an audio track that ticks once a second; no audio if left out. */
  readonly audio?: 'alaw' | 'aac' | 'opus';
  /** In pixels; 640 by default. */
  readonly width?: number;
  /** In pixels; 360 by default. */
  readonly height?: number;
  /** In frames per second; 15 by default. */
  readonly fps?: number;
  /** Of `videotestsrc`. The default, `ball`, takes few bits, `smpte`, which contains snow, 2 Mbit/s. */
  readonly pattern?: 'ball' | 'smpte';
  /**
   * Encodes for each client separately; false by default. GStreamer ends with a failed assertion (`get_rates`) if two
   * clients play the same media at the same moment.
   */
  readonly separate?: boolean;
}

/** A running RTSP server. */
export interface RtspServer {
  /** `rtsp://127.0.0.1:PORT/test`, without credentials. */
  readonly url: string;
  /** Sends its process a signal: a server that is stopped by `SIGSTOP` accepts connections, and says nothing. */
  signal(name: NodeJS.Signals): void;
  /** Stops it. Idempotent. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts GStreamer's RTSP server with a test video. Check `lacks('python3 with GstRtspServer')` first. */
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
    child.kill('SIGCONT');
    await ending(child);
  };
  return { url, signal: (name) => child.kill(name), stop, [Symbol.asyncDispose]: stop };
}
