/** The usual name of a pixel format or codec; FFmpeg's name if there is no better one. */
export function formatWord(format: string): string {
  return { mjpeg: 'MJPEG', h264: 'H.264', hevc: 'H.265' }[format] ?? format;
}
