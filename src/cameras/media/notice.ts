import { fileURLToPath } from 'node:url';
import { monotonicNow } from '../../domain/clock.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { loadSharp } from './image-library.ts';

/** A font of our dependencies: a minimal system has none. */
const fontFile = fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));

/** The colours of the pages. */
const ground = '#0a0e11';
const paper = '#e9eef1';
const dim = '#93a2ad';

/**
 * Renders a notice for viewers that can only be told in a frame why the camera delivers none.
 *
 * @param size in pixels
 * @param title a few words, such as the camera's name
 * @param text a sentence or two
 * @returns a JPEG frame, sequence 0
 */
export async function renderNotice(
  size: { readonly width: number; readonly height: number },
  title: string,
  text: string,
): Promise<Frame> {
  const sharp = await loadSharp();
  const { width, height } = size;
  const unit = Math.max(10, Math.round(Math.min(width / 28, height / 14)));
  const words = await sharp({
    text: {
      text: `<span foreground="${paper}" weight="bold" size="larger">${escape(title)}</span>\n<span foreground="${dim}">${escape(text)}</span>`,
      fontfile: fontFile,
      font: `DejaVu Sans ${unit}px`,
      width: Math.round(width * 0.84),
      align: 'centre',
      dpi: 72,
      rgba: true,
      wrap: 'word',
    },
  })
    .resize({ width, height, fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer();
  const bytes = await sharp({ create: { width, height, channels: 3, background: ground } })
    .composite([{ input: words, gravity: 'centre' }])
    .jpeg({ quality: 85 })
    .toBuffer();
  return { bytes, sequence: 0, capturedAt: monotonicNow(), keyframe: true, width, height };
}

/** Escapes text for Pango markup. */
function escape(text: string): string {
  return text
    .replace(/\p{Cc}/gu, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}
