import type { Problem } from './errors.ts';

/** Result of testing a source. */
export type TestResult =
  | {
      readonly ok: true;
      /** Pixels. */
      readonly width: number;
      /** Pixels. */
      readonly height: number;
      /** Measured frames per second, if known. */
      readonly fps: number | null;
      /** FFmpeg's name of the source's format. */
      readonly format: string;
      /** The captured image as a `data:image/jpeg;base64,…` URL. */
      readonly picture: string;
    }
  | { readonly ok: false; readonly problem: Problem };
