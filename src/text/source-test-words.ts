import { formatWord } from './format-word.ts';

/** The format that the test of a source has found, as a sentence. */
export function sourceTestWords(found: {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly fps: number | null;
  /** FFmpeg's name of the format. */
  readonly format: string;
}): string {
  const rate = found.fps === null ? '' : `, ${Math.round(found.fps * 10) / 10} fps`;
  return `It works: ${found.width} × ${found.height}${rate}, ${formatWord(found.format)}.`;
}
