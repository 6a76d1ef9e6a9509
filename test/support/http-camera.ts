import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP MJPEG camera whose every byte the test knows. */
export interface HttpCamera {
  /** `http://127.0.0.1:PORT/`. */
  readonly url: string;
  /** The number of requests so far. */
  readonly requests: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves frames in a loop as `multipart/x-mixed-replace` at every URL.
 *
 * @param frames the content of each part, valid or not
 * @param fps parts per second
 */
export async function startHttpCamera(frames: readonly Buffer[], fps = 20): Promise<HttpCamera> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    sendFrames(response, frames, fps);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => undefined);
    },
  };
}

/** Sends frames in a loop until the client leaves. */
export function sendFrames(response: ServerResponse, frames: readonly Buffer[], fps: number): void {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=part' });
  let index = 0;
  const timer = setInterval(() => {
    const picture = frames[index % frames.length] as Buffer;
    index += 1;
    response.write(`--part\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
    response.write(picture);
    response.write('\r\n');
  }, 1_000 / fps);
  response.once('close', () => clearInterval(timer));
}

/** Returns a port of 127.0.0.1 that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
