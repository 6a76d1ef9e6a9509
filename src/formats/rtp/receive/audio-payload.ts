import { cameraLimits } from '../../../domain/cameras/camera-limits.ts';
import type { AudioTrack } from '../../../domain/media/tracks.ts';
import type { DescribedTrack } from '../../rtsp/description.ts';
import { AacFrames } from './aac-frames.ts';
import type { AudioFrames } from './audio-frames.ts';

/** How the packets of an audio track carry its frames. */
export interface AudioPayload {
  readonly audio: AudioTrack;
  readonly frames: AudioFrames;
}

/** Samples of the usual Opus packet, of 20 ms. */
const opusSamples = 960;

/** Takes packets as frames: Opus (RFC 7587, section 4.2), and G.711, of which any number of samples is a frame. */
function whole(samplesIn: (bytes: number) => number): AudioFrames {
  return {
    push: ({ payload, timestamp }, _lost, sink) => {
      if (payload.length > 0) sink(Buffer.from(payload), timestamp, samplesIn(payload.length));
    },
  };
}

/** The payload of an audio track; null for an encoding that can't be received. */
export function audioPayload(track: DescribedTrack): AudioPayload | null {
  const { encoding, channels } = track;
  const rate = track.rate ?? 0;
  switch (encoding) {
    case 'PCMU':
    case 'PCMA': {
      const codec = encoding === 'PCMU' ? 'pcmu' : 'pcma';
      return usable({
        audio: { codec, rate: rate || 8_000, channels, config: null },
        frames: whole((bytes) => bytes / channels),
      });
    }
    case 'OPUS':
      return { audio: { codec: 'opus', rate: 48_000, channels: 2, config: null }, frames: whole(() => opusSamples) };
    case 'MPEG4-GENERIC': {
      const frames = AacFrames.of(track);
      if (frames === null) return null;
      return usable({ audio: { codec: 'aac', rate, channels, config: frames.config }, frames });
    }
    default:
      return null;
  }
}

function usable(payload: AudioPayload): AudioPayload | null {
  const { rate, channels } = payload.audio;
  return rate > 0 && rate <= cameraLimits.audioRate && channels <= cameraLimits.audioChannels ? payload : null;
}
