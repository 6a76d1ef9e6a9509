import type { LivePlayer } from '../live-player.ts';
import type { Transport } from '../../transports/transport-choice.ts';

/** What is measured of a picture. */
export interface PlayerStats {
  /** Preferred transport now. */
  readonly transport: Transport | 'mjpeg';
  readonly codec: 'jpeg' | 'h264';
  /** Pixels; 0 before the first picture. */
  readonly width: number;
  readonly height: number;
  /** Bits per second. */
  readonly bitrate: number;
  /** Pictures per second on the screen. */
  readonly fps: number;
  /** Milliseconds from the camera to the screen; null while unknown. */
  readonly age: number | null;
  /** The same of each picture of the last two seconds, in their order. */
  readonly ages: readonly number[];
  /** Pictures of the camera that were not shown since Start. */
  readonly drops: number;
}

const unknown = { fps: 0, age: null, ages: [], bitrate: 0, drops: 0 } as const;

/** The figures now. */
export function playerStats(player: LivePlayer): PlayerStats {
  const { transport, size, stats: stats } = player;
  const codec = transport === 'jpeg' || transport === 'mjpeg' ? 'jpeg' : 'h264';
  return { transport, codec, ...size, ...(stats ?? unknown) };
}
