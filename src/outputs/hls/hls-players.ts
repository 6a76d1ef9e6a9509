import type { HlsStreamHandle } from '../../http/deps.ts';

/** What a player has asked for, in its own words. */
export interface HlsRequest {
  readonly player: string;
  /** The camera's id. */
  readonly camera: string;
  readonly width: number | 'source';
  readonly audio: boolean;
}

interface Chosen {
  readonly request: HlsRequest;
  readonly stream: HlsStreamHandle;
}

/**
 * Which stream each player of HLS has. What its words mean may change while it plays, as when a photo takes the camera to
 * another size: but the numbers of a stream's segments go on only in that stream, so a player keeps the one that it has.
 */
export class HlsPlayers {
  readonly #chosen = new Map<string, Chosen>();

  /** The stream that a player has; undefined if it is no player any more. */
  streamOf(request: HlsRequest): HlsStreamHandle | undefined {
    const stream = this.#chosen.get(keyOf(request))?.stream;
    return stream?.has(request.player) === true ? stream : undefined;
  }

  /** Notes which one it has, until it leaves. */
  keep(request: HlsRequest, stream: HlsStreamHandle): void {
    this.#chosen.set(keyOf(request), { request, stream });
  }

  /** A player has left a stream. */
  forget(player: string, stream: HlsStreamHandle): void {
    for (const [key, chosen] of this.#chosen) {
      if (chosen.request.player === player && chosen.stream === stream) this.#chosen.delete(key);
    }
  }

  /** The stream of a camera whose files have this folder in their addresses; undefined if nobody plays it. */
  find(camera: string, folder: string): HlsStreamHandle | undefined {
    for (const { request, stream } of this.#chosen.values()) {
      if (request.camera === camera && stream.folder === folder) return stream;
    }
    return undefined;
  }
}

function keyOf({ player, camera, width, audio }: HlsRequest): string {
  return JSON.stringify([player, camera, width, audio]);
}
