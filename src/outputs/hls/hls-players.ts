import type { Cameras } from '../../cameras/cameras.ts';
import { mp4AudioOf } from '../mp4/mp4-audio.ts';
import type { Fmp4Tracks } from '../mp4/fmp4-track.ts';
import { HlsStream, HlsStreams } from './hls-stream.ts';

/** The parameters that a player sends with every request. */
export interface HlsRequest {
  readonly player: string;
  /** The camera's id. */
  readonly camera: string;
  readonly width: number | 'source';
  readonly audio: boolean;
}

interface Chosen {
  readonly request: HlsRequest;
  readonly stream: HlsStream;
}

/**
 * The stream of each HLS player. The parameters of a player can come to mean another stream while it plays, such as when
 * a photo switches the camera to another size. But segment numbers continue only within one stream, so a player keeps
 * the stream that it has.
 */
export class HlsPlayers {
  readonly #cameras: Cameras;
  readonly #tracks: Fmp4Tracks;
  readonly #streams = new HlsStreams();
  readonly #chosen = new Map<string, Chosen>();

  constructor(cameras: Cameras, tracks: Fmp4Tracks) {
    this.#cameras = cameras;
    this.#tracks = tracks;
  }

  /** The stream of a player, or for a new player the stream that fits its parameters, which the player has to join. */
  streamFor(request: HlsRequest): HlsStream {
    const kept = this.#chosen.get(keyOf(request))?.stream;
    const stream = kept?.has(request.player) === true ? kept : this.#open(request);
    this.#chosen.set(keyOf(request), { request, stream });
    return stream;
  }

  /** Forgets a player that has left a stream. */
  forget(player: string, stream: HlsStream): void {
    for (const [key, chosen] of this.#chosen) {
      if (chosen.request.player === player && chosen.stream === stream) this.#chosen.delete(key);
    }
  }

  /** The stream of a camera whose files have this folder in their URLs; undefined if nobody plays it. */
  find(camera: string, folder: string): HlsStream | undefined {
    for (const { request, stream } of this.#chosen.values()) {
      if (request.camera === camera && stream.folder === folder) return stream;
    }
    return undefined;
  }

  #open({ camera, width, audio: wantsAudio }: HlsRequest): HlsStream {
    const { rendition, stream } = this.#cameras.rendition(camera, width, 'h264');
    const audio = mp4AudioOf(this.#cameras, this.#tracks, camera, wantsAudio);
    return this.#streams.of(
      `${stream} ${audio?.stream ?? ''}`,
      (options) =>
        new HlsStream(this.#cameras, { camera, rendition, track: this.#tracks.of(stream), audio, ...options }),
    );
  }
}

function keyOf({ player, camera, width, audio }: HlsRequest): string {
  return JSON.stringify([player, camera, width, audio]);
}
