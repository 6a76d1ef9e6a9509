import type { LivePlayer } from '../live-player.ts';
import type { Transport } from '../../transports/transport-choice.ts';

/** Stats of a player, as documented in docs/embedding.md. */
export interface PlayerStats {
  /** The transport in use. */
  readonly transport: Transport | 'mjpeg';
  readonly codec: 'jpeg' | 'h264';
  /** Pixels; 0 before the first frame. */
  readonly width: number;
  readonly height: number;
  /** Bits per second. */
  readonly bitrate: number;
  /** Frames per second on the screen. */
  readonly fps: number;
  /** Latency from the camera to the screen (ms); null while unknown. */
  readonly age: number | null;
  /** Latency of each frame of the last two seconds, in order. */
  readonly ages: readonly number[];
  /** Frames of the camera that were not shown since Start. */
  readonly drops: number;
}

const unknown = { fps: 0, age: null, ages: [], bitrate: 0, drops: 0 } as const;

/** The current stats of a player. */
export function playerStats(player: LivePlayer): PlayerStats {
  const { transport, size, stats } = player;
  const codec = transport === 'jpeg' || transport === 'mjpeg' ? 'jpeg' : 'h264';
  return { transport, codec, ...size, ...(stats ?? unknown) };
}
