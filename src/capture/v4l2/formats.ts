/**
 * Pixel formats and codecs of V4L2 (linux/videodev2.h, V4L2_PIX_FMT_…) that FFmpeg's device reads, by FFmpeg's names.
 * Where two of V4L2's have one name (the order of the colour planes), FFmpeg takes the one that the device has.
 */
const names: Readonly<Record<string, string>> = {
  // Compressed.
  MJPG: 'mjpeg',
  JPEG: 'mjpeg',
  H264: 'h264',
  MPG4: 'mpeg4',
  // Luma and chroma.
  YUYV: 'yuyv422',
  UYVY: 'uyvy422',
  '422P': 'yuv422p',
  '411P': 'yuv411p',
  YU12: 'yuv420p',
  YV12: 'yuv420p',
  YUV9: 'yuv410p',
  YVU9: 'yuv410p',
  NV12: 'nv12',
  GREY: 'gray',
  'Y16 ': 'gray16le',
  // Red, green and blue.
  RGB3: 'rgb24',
  BGR3: 'bgr24',
  RGB4: '0rgb',
  BGR4: 'bgr0',
  RGBP: 'rgb565le',
  RGBR: 'rgb565be',
  RGBO: 'rgb555le',
  RGBQ: 'rgb555be',
  // As the sensor has them.
  BA81: 'bayer_bggr8',
  GBRG: 'bayer_gbrg8',
  GRBG: 'bayer_grbg8',
  RGGB: 'bayer_rggb8',
};

/** FFmpeg's name of a pixel format or codec, or null for one that it does not read. */
export function formatName(fourcc: number): string | null {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(fourcc >>> 0);
  return names[bytes.toString('latin1')] ?? null;
}
