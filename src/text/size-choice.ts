import { m } from '#messages';
import type { CameraInfo } from '../domain/cameras/camera.ts';
import { heightFor } from '../domain/media/rendition.ts';
import type { Watching } from '../domain/users/watching.ts';
import { sizeWord } from './numbers.ts';

/** One option in the list of sizes. */
export interface SizeChoice {
  /** The form value: a width in pixels, or `source`. */
  readonly value: string;
  readonly label: string;
  readonly chosen: boolean;
}

/** The sizes that a camera offers, smallest first and the original last, with the session's choice marked. */
export function sizeChoices(
  { size, widths }: Pick<CameraInfo, 'size' | 'widths'>,
  { width: wanted }: Pick<Watching, 'width'>,
): readonly SizeChoice[] {
  const full = size?.width ?? Infinity;
  const label = (width: number) =>
    size ? sizeWord({ width, height: heightFor(width, size) }) : m.player_width_px({ width });
  return [
    ...widths
      .filter((width) => width < full)
      .map((width) => ({ value: String(width), label: label(width), chosen: wanted === width })),
    {
      value: 'source',
      label: size ? m.player_original_size({ width: size.width, height: size.height }) : m.player_original(),
      chosen: wanted === 'source' || wanted >= full,
    },
  ];
}
