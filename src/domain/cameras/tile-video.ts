import type { CameraInfo } from './camera.ts';

/**
 * The video of a tile in the page with all cameras. Tiles use JPEG: each H.264 stream would need a separate encoder. But that
 * of a sub-stream is passed through, so a tile is no wider than that.
 *
 * @param width the widest that its viewer wants, in pixels
 */
export function tileVideo(
  { small }: Pick<CameraInfo, 'small'>,
  width: number | 'source',
): { readonly 'max-width': number | 'source'; readonly transport: 'jpeg' | 'h264' } {
  if (small === undefined) return { 'max-width': width, transport: 'jpeg' };
  return { 'max-width': width === 'source' ? small.width : Math.min(width, small.width), transport: small.codec };
}
