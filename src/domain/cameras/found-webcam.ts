import type { Device } from './mode.ts';

/** A capture device of this machine, and what it is to Porthole. */
export interface FoundWebcam {
  readonly device: Device;
  /** The camera that it is; null if it is none yet. */
  readonly camera: {
    readonly id: string;
    readonly name: string;
    readonly enabled: boolean;
    readonly fixed: boolean;
  } | null;
  /** Another program that has it open, such as `obs (pid 4312)`; null if none is known. */
  readonly usedBy: string | null;
}

/** Why there is no webcam, or not every one. */
export type MissingWebcams =
  /** This machine has no video device. */
  | { readonly kind: 'none'; readonly isContainer: boolean }
  /** Porthole's user may not open these nodes. */
  | {
      readonly kind: 'forbidden';
      readonly nodes: readonly string[];
      readonly user: string;
      /** The group that may open them. */
      readonly group: string;
      /** True if the user is in that group, but was not when Porthole started. */
      readonly isMember: boolean;
    }
  /** These nodes capture no video, such as those of an encoder. */
  | { readonly kind: 'other-devices'; readonly nodes: readonly string[] };

/** What a search for webcams has found. */
export interface FoundWebcams {
  readonly webcams: readonly FoundWebcam[];
  /** Null if everything was found that there is. */
  readonly missing: MissingWebcams | null;
}
