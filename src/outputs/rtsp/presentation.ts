import type { Cameras } from '../../cameras/cameras.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { PortholeError, problemError } from '../../domain/errors.ts';
import type { AudioCodec } from '../../domain/media/audio.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { ladder, type Rendition } from '../../domain/media/rendition.ts';
import { sentence } from '../../messages/sentence.ts';
import { longestJpegSide } from '../../formats/rtp/jpeg-payload.ts';
import { audioTimeoutMs, openCamera, openTimeoutMs } from '../open-for-viewer.ts';
import type { PresentationInput } from './presentation-input.ts';
import type { RtpTrack, RtpTracks } from './rtp-track.ts';

/** How long a description waits for the first frame of a camera that is open, in milliseconds. */
const firstFrame = 5_000;

/** One medium of a {@link Presentation}. */
export interface Medium {
  readonly rendition: Rendition;
  readonly track: RtpTrack;
}

/** What {@link Presentation.open} uses. */
export interface PresentationServices {
  readonly cameras: Pick<
    Cameras,
    'ensureOpen' | 'get' | 'hasAudio' | 'rendition' | 'subscribe' | 'askToRetry' | 'untilAudioIsKnown'
  >;
  readonly tracks: RtpTracks;
}

/** A camera as RTSP describes it: its video, and audio if it has any. It keeps the camera open. */
export class Presentation {
  readonly camera: string;
  /** By the number in `trackID=`. */
  readonly media: readonly Medium[];
  readonly #release: () => void;

  private constructor(camera: string, media: readonly Medium[], release: () => void) {
    this.camera = camera;
    this.media = media;
    this.#release = release;
  }

  /**
   * Opens the camera and waits for a first frame, by which the description is made.
   *
   * @throws {PortholeError} why the camera can't be watched.
   */
  static async open(
    services: PresentationServices,
    camera: CameraInfo,
    input: PresentationInput,
    owner: string,
  ): Promise<Presentation> {
    const { cameras, tracks } = services;
    const { id } = camera;
    refuseFailed(cameras, cameras.get(id));
    await openCamera(cameras, camera, () => ({ signal: signalAfter(openTimeoutMs), width: input.width }));
    for (const width of widthsFor(cameras.get(id), input)) {
      const { rendition, stream } = cameras.rendition(id, width, input.codec);
      const track = tracks.of(stream, input.codec);
      const { fits, release } = await begin(cameras, id, { rendition, track }, owner);
      if (!fits) {
        release();
        continue;
      }
      try {
        const audio = await audioOf(services, id, input.audio);
        return new Presentation(id, [{ rendition, track }, ...audio], release);
      } catch (error) {
        release();
        throw error;
      }
    }
    throw new PortholeError('video_unsupported');
  }

  /** The camera is no longer wanted for it. Idempotent. */
  close(): void {
    this.#release();
  }
}

/** The audio of a camera that is open; none if it has none, or none is wanted. */
async function audioOf(
  { cameras, tracks }: PresentationServices,
  id: string,
  codec: AudioCodec | null,
): Promise<readonly Medium[]> {
  if (codec === null) return [];
  await cameras.untilAudioIsKnown(id, signalAfter(audioTimeoutMs));
  if (!cameras.hasAudio(id)) return [];
  const { rendition, stream } = cameras.rendition(id, 'source', codec);
  return [{ rendition, track: tracks.of(stream, codec) }];
}

/** Nobody should wait for a camera that is known not to work. The failure is tried again soon. */
function refuseFailed(cameras: PresentationServices['cameras'], { id, state }: CameraInfo): void {
  if (state.kind !== 'reconnecting') return;
  cameras.askToRetry(id);
  throw problemError(state.problem);
}

/** The widths to try. The camera's own JPEGs may be of a kind that RTP can't carry; those that Porthole encodes are not. */
function widthsFor({ size }: CameraInfo, { codec, width }: PresentationInput): (number | 'source')[] {
  if (codec === 'h264') return [width];
  const largest = Math.min(longestJpegSide, size?.width ?? longestJpegSide);
  const encoded = ladder.filter((each) => each < largest && (width === 'source' || each <= width)).at(-1);
  const isTooLarge = Math.max(size?.width ?? 0, size?.height ?? 0) > longestJpegSide;
  const first = isTooLarge && (width === 'source' || width > longestJpegSide) ? [] : [width];
  return encoded === undefined ? first : [...first, encoded];
}

/** Subscribes to a medium until it is released. @returns when the first frame is there, or none comes in time */
async function begin(
  cameras: PresentationServices['cameras'],
  camera: string,
  { rendition, track }: Medium,
  owner: string,
): Promise<{ readonly fits: boolean; readonly release: () => void }> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, firstFrame, true);
  const viewer = {
    owner,
    // Frames get their numbers in order, so none may be left out.
    offer: (frame: Frame) => resolve(track.pack(frame).starts.length > 0),
    end: () => resolve(true),
  };
  const release = cameras.subscribe(camera, rendition, viewer, 'every');
  const fits = await promise;
  clearTimeout(timer);
  return { fits, release };
}

function signalAfter(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const late = (): void =>
    controller.abort(new PortholeError('camera_silent', { message: sentence('camera_no_picture') }));
  setTimeout(late, milliseconds).unref();
  return controller.signal;
}
