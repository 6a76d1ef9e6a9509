/** The H.264 encoders: x264 in software, or hardware by the name of its interface. */
export const h264Encoders = ['x264', 'vaapi', 'nvenc', 'qsv', 'v4l2m2m', 'videotoolbox'] as const;

/** One of {@link h264Encoders}. */
export type H264EncoderName = (typeof h264Encoders)[number];

/** The configured encoder. `auto` uses the first hardware encoder that works, else x264. */
export type H264EncoderChoice = H264EncoderName | 'auto';
