import {
  AV_CODEC_ID_AAC,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_OPUS,
  AV_CODEC_ID_PCM_ALAW,
  AV_CODEC_ID_PCM_MULAW,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  AV_CHANNEL_ORDER_UNSPEC,
} from 'node-av/constants';
import { CodecParameters } from 'node-av/lib';
import type { AudioTrack, VideoTrack } from '../../domain/media/tracks.ts';

const videoCodecs = { jpeg: AV_CODEC_ID_MJPEG, h264: AV_CODEC_ID_H264, h265: AV_CODEC_ID_HEVC } as const;
const audioCodecs = {
  aac: AV_CODEC_ID_AAC,
  opus: AV_CODEC_ID_OPUS,
  pcmu: AV_CODEC_ID_PCM_MULAW,
  pcma: AV_CODEC_ID_PCM_ALAW,
} as const;

/** How FFmpeg decodes a video track whose keyframes contain their parameter sets. */
export function videoParameters({ codec, width, height }: VideoTrack): CodecParameters {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = videoCodecs[codec];
  parameters.width = width;
  parameters.height = height;
  return parameters;
}

/** How FFmpeg decodes an audio track. */
export function audioParameters({ codec, rate, channels, config }: AudioTrack): CodecParameters {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_AUDIO;
  parameters.codecId = audioCodecs[codec];
  parameters.sampleRate = rate;
  parameters.channelLayout = { nbChannels: channels, order: AV_CHANNEL_ORDER_UNSPEC, mask: 0n };
  if (config !== null) parameters.extradata = Buffer.from(config);
  return parameters;
}
