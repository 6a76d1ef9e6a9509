import { Transform } from 'node:stream';
import { cameraLimits } from '../../domain/cameras/camera-limits.ts';
import { PortholeError } from '../../domain/errors.ts';
import { VideoParts } from '../../formats/multipart/video-parts.ts';
import { ReplyReader } from '../../formats/http-reply/reply-reader.ts';
import type { Join } from './relay.ts';
import { explainRedirect } from '../../network/rtsp/rtsp-problems.ts';

/**
 * Connects FFmpeg to an HTTP camera.
 *
 * @param isParts true if the camera sends video in parts, of which FFmpeg gets the video alone
 * @param isAnswered true if the camera has got the first request already, so that FFmpeg's is not sent
 */
export function joinHttp({ isParts, isAnswered }: { readonly isParts: boolean; readonly isAnswered: boolean }): Join {
  let asks = !isAnswered;
  return (client, camera, _localUrl, failed) => {
    const guard = isParts ? videoOfParts() : guardHttp();
    if (asks) client.pipe(camera);
    else client.resume();
    asks = true;
    camera.pipe(guard).pipe(client);
    client.once('close', () => camera.destroy());
    camera.once('close', () => guard.end());
    guard.once('error', (error) => {
      if (error instanceof PortholeError) failed(error);
      client.destroy();
    });
  };
}

/** Replaces a multipart reply by one that is the video of its parts. */
function videoOfParts(): Transform {
  const reply = new ReplyReader();
  const parts = new VideoParts();
  let hasBegun = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        const pieces = reply.push(chunk);
        if (!hasBegun && reply.head !== null) {
          if (reply.head.status >= 300) throw new PortholeError('source_ended');
          hasBegun = true;
          this.push('HTTP/1.0 200 OK\r\n\r\n');
        }
        for (const piece of pieces) for (const video of parts.push(piece)) this.push(video);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/**
 * Passes on the data of an HTTP server, unless it starts with a redirect. FFmpeg does not follow redirects, but cannot
 * name the target either. Fails with `source_redirected`.
 */
export function guardHttp(): Transform {
  let head: Buffer | null = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (head === null) return done(null, chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.length > cameraLimits.httpHead ? head.length : head.indexOf('\n\r\n');
      if (end === -1) return done();
      const [status = '', ...headers] = linesOf(head.subarray(0, end));
      if (/^HTTP\/\S+ 3\d\d/.test(status) && locationOf(headers) !== undefined)
        return done(explainRedirect(locationOf(headers)));
      done(null, head);
      head = null;
      return undefined;
    },
    flush(done) {
      done(null, head);
    },
  });
}

function linesOf(head: Buffer): string[] {
  return head
    .toString('latin1')
    .replaceAll('\r', '')
    .split('\n')
    .filter((line) => line !== '');
}

function valuesOf(headers: readonly string[], name: string): string[] {
  const start = `${name}:`;
  return headers.filter((line) => line.toLowerCase().startsWith(start)).map((line) => line.slice(start.length).trim());
}

function locationOf(headers: readonly string[]): string | undefined {
  return valuesOf(headers, 'location')[0];
}
