import type { Size } from '../../domain/media/size.ts';
import { type AddressParts, type CameraAddresses, frameSize } from './addresses.ts';

/** HTML with the player for another page. */
export function playerSnippet({ server, id, token, width }: AddressParts, size: Size | null): string {
  const frame = frameSize(width, size);
  return [
    `<script type="module" src="${server}/player.js"></script>`,
    '',
    '<porthole-player',
    `  camera="${id}"`,
    ...(token === null ? [] : [`  token="${token}"`]),
    ...(width === 'source' ? [] : [`  width="${width}"`]),
    '  controls',
    `  style="display: block; max-width: ${frame.width}px; aspect-ratio: ${frame.width} / ${frame.height}"`,
    '></porthole-player>',
  ].join('\n');
}

/** HTML with a frame for another page, without a script. */
export function frameSnippet({ embed }: CameraAddresses, width: number | 'source', size: Size | null): string {
  const frame = frameSize(width, size);
  return [
    '<iframe',
    `  src="${embed.replaceAll('&', '&amp;')}"`,
    `  width="${frame.width}"`,
    `  height="${frame.height}"`,
    '  allow="fullscreen; picture-in-picture"',
    '  style="border: 0; max-width: 100%"',
    '></iframe>',
  ].join('\n');
}
