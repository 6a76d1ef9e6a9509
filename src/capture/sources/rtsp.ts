import type { OpenSource, OpenSourceFunction } from '../source.ts';
import { openNetwork } from './network.ts';
import { RtspRelay } from './rtsp-relay.ts';

/**
 * Opens an RTSP or RTSPS stream (RFC 2326), interleaved over TCP, which passes firewalls and loses no packets; over UDP
 * if the camera offers nothing else. Opens it without its audio if the camera announces audio and refuses to send it.
 */
export const openRtsp: OpenSourceFunction<'rtsp'> = async (resolved) => {
  const { url } = resolved.source;
  let refusesAudio = false;
  const open = (audio: boolean): Promise<OpenSource> =>
    openNetwork(
      resolved,
      (client, camera, localUrl, failed) => {
        const audioRefused = (): void => {
          refusesAudio = true;
        };
        new RtspRelay(client, camera, { url, localUrl, audio, failed, audioRefused });
      },
      {
        format: 'rtsp',
        // The description names the codecs, and the first keyframe tells the size.
        probe: false,
        // No time limit: the relay notices a camera that does not answer, and the server one that falls silent.
        options: { rtsp_transport: 'tcp', protocol_whitelist: 'rtsp,rtp,tcp' },
      },
    );
  try {
    return await open(true);
  } catch (error) {
    if (!refusesAudio) throw error;
    return open(false);
  }
};
