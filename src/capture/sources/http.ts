import type { OpenSourceFunction } from '../source.ts';
import { openNetwork } from './network.ts';
import { guardHttp } from './reply-guard.ts';

/** How long a connection may be silent before it fails, in microseconds. */
const timeout = 5_000_000;

/** The allowed containers. Playlists are not among them, because they name addresses that have not been checked. */
const formats = 'mpjpeg,mjpeg,mpegts,matroska,webm,flv,mov,mp4,m4a,3gp,3g2,mj2,avi,jpeg_pipe';

/**
 * Opens MJPEG (or another video) over HTTP or HTTPS. Redirects are not followed: they would lead past the check of
 * addresses.
 */
export const openHttp: OpenSourceFunction<'http'> = async (resolved) => {
  return openNetwork(resolved, guardHttp, {
    probe: true,
    options: {
      rw_timeout: String(timeout),
      max_redirects: '0',
      headers: `Host: ${new URL(resolved.source.url).host}\r\n`,
      // The rate is measured later: guessing it takes twenty frames.
      fpsprobesize: '0',
      probesize: '500000',
      analyzeduration: '1000000',
      format_whitelist: formats,
      protocol_whitelist: 'http,tcp',
    },
  });
};
