import { explainNetwork } from '../ffmpeg-errors.ts';
import type { OpenSourceFunction } from '../source.ts';
import { LibavInput } from './libav-input.ts';
import { StreamSource } from './stream.ts';

/** How long a silent connection is waited for, in microseconds. */
const timeout = 5_000_000;

/** Opens an RTSP or RTSPS stream (RFC 2326), interleaved over TCP, which passes firewalls and loses nothing. */
export const openRtsp: OpenSourceFunction = async (resolved) => {
  const { source } = resolved;
  if (source.kind !== 'rtsp') throw new TypeError(`not an RTSP stream: ${source.kind}`);
  return new StreamSource(
    await LibavInput.open({
      url: resolved.url ?? source.url,
      format: 'rtsp',
      options: {
        rtsp_transport: 'tcp',
        allowed_media_types: 'video',
        timeout: String(timeout),
        fflags: 'nobuffer',
        analyzeduration: '1000000',
        protocol_whitelist: 'rtsp,rtsps,rtp,tcp,tls',
      },
      explain: explainNetwork,
      // FFmpeg follows them whatever it is told.
      refuseRedirects: true,
      probe: true,
    }),
  );
};
