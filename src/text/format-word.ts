/** A pixel format or codec as people know it; FFmpeg's own name where they know none. */
export function formatWord(format: string): string {
  return { mjpeg: 'MJPEG', h264: 'H.264', hevc: 'H.265' }[format] ?? format;
}
