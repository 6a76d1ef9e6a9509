import { explainNetwork } from '../ffmpeg-errors.ts';
import type { OpenSourceFunction } from '../source.ts';
import { LibavInput } from './libav-input.ts';
import { StreamSource } from './stream.ts';

/** How long a silent connection is waited for, in microseconds. */
const timeout = 5_000_000;

/** The containers that are read over HTTP. No playlists: they would name addresses nobody has checked. */
const formats = 'mpjpeg,mjpeg,mpegts,matroska,webm,flv,mov,mp4,m4a,3gp,3g2,mj2,avi,jpeg_pipe';

/** Opens MJPEG (or another video) over HTTP. Redirects are not followed: they would lead past the check of addresses. */
export const openHttp: OpenSourceFunction = async (resolved) => {
  const { source } = resolved;
  if (source.kind !== 'http') throw new TypeError(`not an HTTP stream: ${source.kind}`);
  return new StreamSource(
    await LibavInput.open({
      url: resolved.url ?? source.url,
      options: {
        rw_timeout: String(timeout),
        max_redirects: '0',
        ...(resolved.hostHeader === undefined ? {} : { headers: `Host: ${resolved.hostHeader}\r\n` }),
        fflags: 'nobuffer',
        probesize: '500000',
        analyzeduration: '1000000',
        format_whitelist: formats,
        protocol_whitelist: 'http,https,tcp,tls',
      },
      explain: explainNetwork,
      probe: true,
    }),
  );
};
