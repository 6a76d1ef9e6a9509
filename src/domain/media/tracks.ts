/** The video of a stream, as it is described before its frames. */
export interface VideoTrack {
  readonly codec: 'jpeg' | 'h264' | 'h265';
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** The frame rate that the source states, in frames per second; null if it states none. */
  readonly fps: number | null;
}

/** The audio of a stream, as it is described before its frames. */
export interface AudioTrack {
  /** `pcmu` and `pcma` are G.711 in µ-law and A-law. */
  readonly codec: 'aac' | 'opus' | 'pcmu' | 'pcma';
  /** Samples per second. */
  readonly rate: number;
  readonly channels: number;
  /** AAC: its AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1); else null. */
  readonly config: Buffer | null;
}
