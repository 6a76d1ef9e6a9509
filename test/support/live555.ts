import { spawn } from 'node:child_process';
import { ending } from './processes.ts';
import { programPath } from './programs.ts';

/** A running server of live555, on which the RTSP of many cameras is built. */
export interface MediaServer {
  /** `rtsp://127.0.0.1:PORT`; the path is the name of a file. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts it with the files of a folder, on a port that it chooses. Check `lacks('live555MediaServer')` first. */
export async function startMediaServer(folder: string): Promise<MediaServer> {
  const child = spawn(programPath('live555MediaServer'), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  const port = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        const found = /rtsp:\/\/(?:\[[^\]]*\]|[^/:]*)(?::(\d+))?\/<filename>/.exec(printed);
        if (found !== null) resolve(found[1] ?? '554');
      });
    }
  });
  const found = await Promise.race([port, ending(child).then(() => null)]);
  if (found === null) throw new Error(`live555MediaServer did not start: ${printed}`);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ending(child);
  };
  return { url: `rtsp://127.0.0.1:${found}`, stop };
}
