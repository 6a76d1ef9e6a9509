import {
  AV_HWDEVICE_TYPE_VAAPI,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_YUV420P,
  FF_ENCODER_H264_NVENC,
  FF_ENCODER_H264_QSV,
  FF_ENCODER_H264_V4L2M2M,
  FF_ENCODER_H264_VAAPI,
  FF_ENCODER_H264_VIDEOTOOLBOX,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import type { AVHWDeviceType, AVPixelFormat, FFVideoEncoder } from 'node-av/constants';
import type { H264EncoderName } from '../../domain/media/h264-encoder.ts';

/** One of FFmpeg's H.264 encoders, configured for low latency: it holds back and reorders no frames. */
export interface H264Backend {
  readonly encoder: FFVideoEncoder;
  /** The pixel format that it takes. */
  readonly format: AVPixelFormat;
  /** Options of the encoder, by FFmpeg's names. Unknown options are ignored. */
  readonly options: Readonly<Record<string, string>>;
  /** The device that frames must be uploaded to; left out if the encoder reads them from memory. */
  readonly device?: AVHWDeviceType;
}

/** Every supported encoder. Hardware encoders are tried out before they are used. */
export const h264Backends: Readonly<Record<H264EncoderName, H264Backend>> = {
  /** `superfast` takes about a third more CPU time than `ultrafast`, and less than half the bitrate. */
  x264: {
    encoder: FF_ENCODER_LIBX264,
    format: AV_PIX_FMT_YUV420P,
    options: {
      preset: 'superfast',
      tune: 'zerolatency',
      profile: 'baseline',
      crf: '23',
      // A requested keyframe is an IDR picture, and a scene change does not cause one.
      'forced-idr': '1',
      sc_threshold: '0',
    },
  },
  vaapi: {
    encoder: FF_ENCODER_H264_VAAPI,
    format: AV_PIX_FMT_NV12,
    device: AV_HWDEVICE_TYPE_VAAPI,
    options: { profile: 'constrained_baseline', async_depth: '1', rc_mode: 'VBR' },
  },
  nvenc: {
    encoder: FF_ENCODER_H264_NVENC,
    format: AV_PIX_FMT_YUV420P,
    options: { preset: 'p3', tune: 'ull', profile: 'baseline', zerolatency: '1', delay: '0', 'forced-idr': '1' },
  },
  qsv: {
    encoder: FF_ENCODER_H264_QSV,
    format: AV_PIX_FMT_NV12,
    options: { preset: 'veryfast', profile: 'baseline', async_depth: '1', forced_idr: '1', look_ahead: '0' },
  },
  v4l2m2m: { encoder: FF_ENCODER_H264_V4L2M2M, format: AV_PIX_FMT_YUV420P, options: {} },
  videotoolbox: {
    encoder: FF_ENCODER_H264_VIDEOTOOLBOX,
    format: AV_PIX_FMT_NV12,
    options: { profile: 'constrained_baseline', realtime: '1', prio_speed: '1' },
  },
};
