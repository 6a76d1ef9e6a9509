import type { Problem } from '../errors.ts';

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
      /** The frames per second that the source states, if any. */
      readonly claimedFps?: number;
      /** FFmpeg's name of the source's format. */
      readonly format: string;
      /** The captured image as a `data:image/jpeg;base64,…` URL. */
      readonly picture: string;
      /** The source that was tested; of a host, the address that works. Without the login that was given separately. */
      readonly source?: string;
      /** Its sub-stream, if it was given or found. */
      readonly substream?: SubstreamTest;
    }
  | { readonly ok: false; readonly problem: Problem };

/** Result of testing the sub-stream of a source that works. */
export type SubstreamTest = {
  /** As it was given; one that was found is without login. */
  readonly source: string;
} & (
  | ({ readonly ok: true } & Pick<
      Extract<TestResult, { ok: true }>,
      'width' | 'height' | 'fps' | 'claimedFps' | 'format'
    >)
  | { readonly ok: false; readonly problem: Problem }
);

/** Progress of a test that tries several addresses: this one is tried now. */
export interface TestProgress {
  readonly trying: {
    /** Without login. */
    readonly address: string;
    /** Counts from 1. */
    readonly number: number;
    readonly of: number;
  };
}
