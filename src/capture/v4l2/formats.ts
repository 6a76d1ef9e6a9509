/**
 * The pixel formats and codecs of V4L2 (V4L2_PIX_FMT_… in linux/videodev2.h) that FFmpeg's V4L2 input supports, with
 * FFmpeg's names. If two FourCCs share a name (with swapped colour planes), FFmpeg uses the one that the device has.
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
  // Raw sensor data.
  BA81: 'bayer_bggr8',
  GBRG: 'bayer_gbrg8',
  GRBG: 'bayer_grbg8',
  RGGB: 'bayer_rggb8',
};

/** FFmpeg's name for the pixel format or codec of a FourCC; null if FFmpeg does not support it. */
export function formatName(fourcc: number): string | null {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(fourcc >>> 0);
  return names[bytes.toString('latin1')] ?? null;
}
