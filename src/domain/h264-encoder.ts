/** What can encode H.264: x264 in software, or the hardware of a machine by the name of its interface. */
export const h264Encoders = ['x264', 'vaapi', 'nvenc', 'qsv', 'v4l2m2m', 'videotoolbox'] as const;

/** One of them. */
export type H264EncoderName = (typeof h264Encoders)[number];

/** What a person asks for; `auto` is the first hardware that works, else x264. */
export type H264EncoderChoice = H264EncoderName | 'auto';
