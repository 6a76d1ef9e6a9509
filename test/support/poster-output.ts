import type { OpenStreams } from '../../src/accounts/open-streams.ts';
import { CameraParams, cameraOf } from '../../src/cameras/camera-request.ts';
import type { Cameras } from '../../src/cameras/cameras.ts';
import type { Feature } from '../../src/http/kernel.ts';
import { media } from '../../src/http/security/policy.ts';
import { responseHead } from '../../src/outputs/response-head.ts';
import { type Stream, type TakenRequest, takeOver } from '../../src/outputs/take-over.ts';

/** How often a poster is sent, in milliseconds. */
const interval = 100;

/** The example of docs/adding-an-output.md: a camera's poster again and again, without keeping the camera open. */
export function posterFeature({ cameras, streams }: { cameras: Cameras; streams: OpenStreams }): Feature {
  return (app) => {
    app.get('/cameras/:id/posters', { ...media('viewer'), schema: { params: CameraParams } }, (request, reply) => {
      const camera = cameraOf(cameras, request, request.params.id);
      takeOver(streams, request, reply, (taken) => sendPosters(cameras, camera.id, taken));
      return reply;
    });
  };
}

function sendPosters(
  cameras: Cameras,
  camera: string,
  { socket, httpVersion, extraHeaders, onEnd }: TakenRequest,
): Stream {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let sent = 0;
  const type = 'multipart/x-mixed-replace;boundary=poster';
  socket.write(responseHead(httpVersion, { 'Content-Type': type, ...extraHeaders }));
  const timer = setInterval(() => {
    const poster = cameras.poster(camera);
    // A slow client skips posters.
    if (poster === null || socket.writableLength > 0) return;
    sent += 1;
    socket.write(`--poster\r\nContent-Type: image/jpeg\r\nContent-Length: ${poster.bytes.length}\r\n\r\n`);
    socket.write(poster.bytes);
    socket.write('\r\n');
  }, interval);
  socket.on('error', () => undefined); // 'close' follows
  socket.once('end', () => socket.destroy());
  socket.once('close', () => {
    clearInterval(timer);
    onEnd({ sent });
    resolve();
  });
  socket.resume();
  return { close: () => socket.destroy(), closed };
}
