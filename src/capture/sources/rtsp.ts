import type { OpenSourceFunction } from '../source.ts';
import { openNetwork } from './network.ts';
import { guardRtsp } from './reply-guard.ts';

/** How long a connection may be silent before it fails, in microseconds. */
const timeout = 5_000_000;

/** Opens an RTSP or RTSPS stream (RFC 2326), interleaved over TCP, which passes firewalls and loses no packets. */
export const openRtsp: OpenSourceFunction<'rtsp'> = (resolved) =>
  openNetwork(resolved, guardRtsp, {
    format: 'rtsp',
    // The description names the codecs, and the first keyframe tells the size.
    probe: false,
    options: {
      rtsp_transport: 'tcp',
      allowed_media_types: 'video+audio',
      timeout: String(timeout),
      protocol_whitelist: 'rtsp,rtp,tcp',
    },
    // FFmpeg fails if it cannot set up every stream, and some cameras announce audio that they do not send.
    orElse: { allowed_media_types: 'video' },
  });
