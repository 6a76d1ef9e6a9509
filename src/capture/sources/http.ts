import type { Socket } from 'node:net';
import { PortholeError } from '../../domain/errors.ts';
import type { ResolvedSource, SourceOf } from '../../domain/cameras/source.ts';
import type { OpenSource, OpenSourceFunction } from '../source.ts';
import { HttpClient } from '../../network/http/http-client.ts';
import { recognise } from '../../network/http/http-problems.ts';
import type { Join } from './relay.ts';
import { joinHttp } from './reply-guard.ts';

/** How long a connection may be silent before it fails, in microseconds. */
const timeout = 5_000_000;

/** The allowed containers. Playlists are not among them, because they name addresses that have not been checked. */
const formats = 'mpegts,matroska,webm,flv,mov,mp4,m4a,3gp,3g2,mj2,avi,h264,hevc,m4v,mpeg,mpegvideo,ogg,asf';

/**
 * Opens a camera over HTTP or HTTPS that sends a container which FFmpeg reads.
 * Redirects to other hosts are not followed: they would lead past the check of addresses.
 */
export const openHttp: OpenSourceFunction<'http'> = async (resolved) => {
  const { source, addresses = [] } = resolved;
  const client = new HttpClient({ url: source.url, addresses });
  try {
    const reply = await client.get();
    const content = recognise(reply.start, reply.type);
    // The server reads JPEGs itself: the camera has begun to send them since.
    if (content === 'jpeg') throw new PortholeError('source_ended');
    if (content instanceof PortholeError) throw content;
    // FFmpeg gets this very reply: some cameras serve one viewer at a time, and some reply with the next keyframe.
    const ready = reply.detach();
    const join = joinHttp({ isParts: content === 'video-parts', isAnswered: ready !== null });
    const found = { ...resolved, source: { ...source, url: client.url } };
    return await openContainer(found, { signature: client.sign(), join, ready: ready ?? undefined });
  } catch (error) {
    client.close();
    throw error;
  }
};

/**
 * Opens a container with FFmpeg.
 *
 * @param signature the `Authorization` header; FFmpeg's own sign-in knows only MD5
 * @param join connects FFmpeg to the camera
 * @param ready the first connection
 */
async function openContainer(
  resolved: ResolvedSource<SourceOf<'http'>>,
  { signature, join, ready }: { signature: string | null; join: Join; ready: Socket | undefined },
): Promise<OpenSource> {
  const { openNetwork } = await import('./network.ts');
  const { host } = new URL(resolved.source.url);
  const written = resolved.source.url.replace(/#.*/, '');
  const url = signature === null ? written : written.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
  return openNetwork({ ...resolved, source: { ...resolved.source, url } }, join, {
    probe: true,
    ready,
    options: {
      rw_timeout: String(timeout),
      max_redirects: '0',
      headers: `Host: ${host}\r\n${signature === null ? '' : `Authorization: ${signature}\r\n`}`,
      // The rate is measured later: guessing it takes twenty frames.
      fpsprobesize: '0',
      // Audio that is announced and never comes holds up the first frame for this long.
      probesize: '500000',
      analyzeduration: '1000000',
      format_whitelist: formats,
      protocol_whitelist: 'http,tcp',
    },
    longProbe: { probesize: '16000000', analyzeduration: '20000000' },
  });
}
