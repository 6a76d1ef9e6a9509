import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { audioChannels } from '../../domain/media/audio.ts';
import { aacConfig } from '../../formats/fmp4/audio.ts';
import { aacParameters } from '../../formats/rtp/aac-payload.ts';
import { opusParameters } from '../webrtc/negotiation/opus-choice.ts';
import type { Presentation, Medium } from './presentation.ts';
import type { RtpTrack } from './rtp-track.ts';

/** Options of {@link sessionDescription}. */
export interface DescriptionInput {
  readonly presentation: Presentation;
  readonly camera: CameraInfo;
  /** The server's own address, as the client reaches it. */
  readonly address: string;
}

/** A presentation in SDP (RFC 8866), as RTSP uses it (RFC 2326, appendix C). */
export function sessionDescription({ presentation, camera, address }: DescriptionInput): Buffer {
  const [family, own] = address.includes(':') && !address.startsWith('::ffff:') ? ['IP6', '::'] : ['IP4', '0.0.0.0'];
  const lines = [
    'v=0',
    `o=- ${presentation.media[0]?.track.ssrc ?? 0} 1 IN ${family} ${address.replace(/^::ffff:/, '')}`,
    `s=${camera.name.replaceAll(/[\r\n\0]/g, ' ')}`,
    `c=IN ${family} ${own}`,
    't=0 0',
    'a=tool:Porthole',
    'a=type:broadcast',
    'a=control:*',
    'a=range:npt=now-',
    ...presentation.media.flatMap((medium, number) => [...mediumLines(medium, camera), `a=control:trackID=${number}`]),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n`);
}

function mediumLines({ track }: Medium, { state }: CameraInfo): string[] {
  const { codec, payloadType: type } = track;
  const isVideo = codec === 'h264' || codec === 'jpeg';
  const [name, parameters] = formatOf(track);
  const fps = state.kind === 'live' ? Math.round(state.fps) : 0;
  return [
    `m=${isVideo ? 'video' : 'audio'} 0 RTP/AVP ${type}`,
    `a=rtpmap:${type} ${name}/${track.clockRate}${isVideo ? '' : `/${audioChannels}`}`,
    ...(parameters === '' ? [] : [`a=fmtp:${type} ${parameters}`]),
    ...(isVideo && fps > 0 ? [`a=framerate:${fps}`] : []),
  ];
}

/** The name of a format and its parameters. */
function formatOf({ codec, parameterSets }: RtpTrack): readonly [name: string, parameters: string] {
  switch (codec) {
    case 'h264': {
      const mode = 'packetization-mode=1';
      if (parameterSets === null) return ['H264', mode];
      const { sps, pps } = parameterSets;
      const profile = sps.subarray(1, 4).toString('hex').toUpperCase();
      const sets = [sps, pps].map((set) => set.toString('base64')).join(',');
      return ['H264', `${mode};profile-level-id=${profile};sprop-parameter-sets=${sets}`];
    }
    case 'jpeg':
      return ['JPEG', ''];
    case 'aac':
      return ['MPEG4-GENERIC', `${aacParameters};config=${aacConfig.toString('hex')}`];
    case 'opus':
      return ['opus', opusParameters];
    default:
      throw new TypeError(codec satisfies never);
  }
}
