import pLimit, { type LimitFunction } from 'p-limit';
import type { VideoFormat } from '../domain/media/media.ts';
import type { Camera, CameraInfo } from '../domain/cameras/camera.ts';
import type { Control, ControlRequest, ControlValues } from '../domain/cameras/control.ts';
import type { Frame } from '../domain/media/frame.ts';
import type { Logger } from '../domain/logger.ts';
import { offeredWidths, renditionFor, renditionKey, type Codec, type Rendition } from '../domain/media/rendition.ts';
import { isDevice, isNetwork, traitsOf } from '../domain/cameras/source-kinds.ts';
import { parseSource, statedSize, type Source, type ResolvedSource } from '../domain/cameras/source.ts';
import type { LoadShedder } from '../fanout/load-shedder.ts';
import type { Delivery, Viewer } from '../fanout/viewer.ts';
import type { Captures, CaptureSource } from './captures/capture.ts';
import { KnownStream, KnownStreams } from './captures/substreams/known-streams.ts';
import { explainProblem } from './lifecycle/explain.ts';
import type { EncodeBudget } from './media/encode-budget.ts';
import { CameraMedia } from './media/camera-media.ts';
import type { SourceRules } from './sources/source-rules.ts';

/** What all cameras of a server share. */
export interface CameraContext {
  readonly captures: Captures;
  /** How long a camera stays open after its last viewer, in milliseconds. */
  readonly grace: number;
  readonly rules: SourceRules;
  readonly loadShedder: LoadShedder;
  readonly encodeBudget: EncodeBudget;
  readonly posterTurns: LimitFunction;
  readonly nextBroadcastId: () => number;
  /** The values to set a camera's controls to when it opens. */
  readonly savedControls: (cameraId: string) => Promise<ControlValues>;
  /** The node of a device's path. */
  readonly nodeOf: (path: string) => string;
}

/** Options of {@link LiveCamera}. */
export interface LiveCameraOptions extends CameraContext {
  readonly config: Camera;
  /** True for a camera of the command line. */
  readonly fixed: boolean;
  readonly onChange: (info: CameraInfo) => void;
  readonly log: Logger;
}

/** Options of {@link LiveCamera.ensureOpen}. */
export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  readonly width?: number | 'source';
}

/** A configured Camera and what runs for it. */
export class LiveCamera {
  readonly id: string;
  readonly fixed: boolean;
  /** Runs one request for its controls at a time: some set several values one by one. */
  readonly controlQueue = pLimit(1);
  readonly #options: LiveCameraOptions;
  readonly #media: CameraMedia;
  /** Takes one photo in another Mode at a time. */
  readonly #photoQueue = pLimit(1);
  #config: Camera;
  #source: Source;
  /** Of a camera with a sub-stream. */
  #streams: KnownStreams | null = null;

  constructor(options: LiveCameraOptions) {
    const { config, fixed, captures, grace, loadShedder, encodeBudget, posterTurns, nextBroadcastId, log } = options;
    this.#options = options;
    this.#config = config;
    this.#source = parseSource(config.source);
    this.id = config.id;
    this.fixed = fixed;
    this.#media = new CameraMedia({
      name: () => this.#config.name,
      resolve: this.#resolver(),
      explain: (problem) => explainProblem(this.#sourceOfNode, problem),
      captures,
      enabled: config.enabled,
      grace,
      limits: traitsOf(this.#source).limits,
      loadShedder,
      encodeBudget,
      posterTurns,
      nextBroadcastId,
      onState: () => options.onChange(this.info),
      log,
    });
  }

  get config(): Camera {
    return this.#config;
  }

  get source(): Source {
    return this.#source;
  }

  /** The camera as users see it. */
  get info(): CameraInfo {
    const { id, name, enabled, position } = this.#config;
    const size = this.#size;
    const widths = offeredWidths(size?.width ?? 1920);
    const small = this.#streams === null ? {} : { small: this.#streams.small };
    return { id, name, enabled, position, state: this.#media.state, size, widths, ...small };
  }

  /** The source's video as last seen; null before its first frame. */
  get video(): VideoFormat | null {
    return this.#media.lifecycle.video;
  }

  /** The last JPEG, without opening the camera. */
  get poster(): Frame | null {
    return this.#media.poster;
  }

  /** Takes over a changed configuration. Viewers stay. */
  async change(config: Camera): Promise<void> {
    const before = this.#config;
    this.#config = config;
    if (config.source !== before.source || config.substream !== before.substream) {
      this.#source = parseSource(config.source);
      await this.#media.lifecycle.replaceSource(this.#resolver());
    }
    if (config.enabled !== before.enabled) await this.#media.lifecycle.setEnabled(config.enabled);
  }

  /** The Rendition that fits a wanted width, and the number of its Broadcast. */
  rendition(width: number | 'source', codec: Codec): { readonly rendition: Rendition; readonly stream: number } {
    const rendition = renditionFor(width, this.#size?.width ?? null, codec);
    return { rendition, stream: this.#media.broadcasts.of(rendition).id };
  }

  /** Adds a viewer; returns a function that removes it. */
  subscribe(rendition: Rendition, viewer: Viewer, delivery?: Delivery): () => void {
    return this.#media.subscribe(rendition, viewer, delivery);
  }

  /** Asks for a keyframe for a viewer that has lost a frame. The source may not make them on demand. */
  requestKeyframe(rendition: Rendition): void {
    this.#media.broadcasts.of(rendition).requestKeyframe();
  }

  /**
   * Opens the camera and resolves when it is live; it stays open for the grace time.
   *
   * @param options.width the width that will be wanted: it decides which stream of the camera opens
   */
  async ensureOpen(options: OpenOptions): Promise<void> {
    this.#streams?.expect(options.width);
    const release = this.#media.lifecycle.demand();
    try {
      await this.untilLive(options);
    } finally {
      release();
    }
  }

  /** Resolves when the camera is live, if it is wanted. */
  untilLive(options: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    return this.#media.lifecycle.untilLive(options);
  }

  /** Makes the next attempt to open the camera now instead of waiting for it: its device is back. */
  retryNow(): void {
    this.#media.lifecycle.retryNow();
  }

  /** See {@link CameraLifecycle.askToRetry}. */
  askToRetry(): void {
    this.#media.lifecycle.askToRetry();
  }

  /** Reads or sets the controls of its device; null if the device is not open. */
  controls(request: ControlRequest): Promise<readonly Control[] | null> {
    return this.#media.lifecycle.controls(request);
  }

  /**
   * Takes a photo in the largest Mode of the device if an admin allows that, which viewers see as a short pause; then
   * returns to the usual Mode.
   */
  atItsBest<T>(take: () => Promise<T>): Promise<T> {
    if (!isDevice(this.#source) || this.#config.bestPhotos !== true || !this.#config.enabled) return take();
    return this.#photoQueue(() => this.#takeInLargestMode(take));
  }

  /** Counts for metrics. */
  metrics() {
    const { lifecycle, broadcasts } = this.#media;
    const { captured, dropped, restarts } = lifecycle.statistics;
    return {
      id: this.id,
      state: lifecycle.state.kind,
      captured,
      drops: { ...dropped },
      restarts,
      renditions: Array.from(broadcasts, (broadcast) => ({
        rendition: renditionKey(broadcast.rendition),
        viewers: broadcast.audience,
        frames: broadcast.frames,
        bytes: broadcast.bytes,
      })),
    };
  }

  /** Ends its viewers. Resolves once its device is free. Idempotent. */
  close(): Promise<void> {
    return this.#media.close();
  }

  async #takeInLargestMode<T>(take: () => Promise<T>): Promise<T> {
    const { lifecycle } = this.#media;
    const { video } = lifecycle;
    // A device that fails is opened when the next attempt is due.
    if (lifecycle.state.kind === 'reconnecting') return take();
    const largest = video?.largest;
    if (video && largest && largest.width * largest.height <= video.width * video.height) return take();
    const usual = this.#resolver();
    await lifecycle.replaceSource(async () => ({ ...(await usual()), largest: true }), { photo: true });
    try {
      return await take();
    } finally {
      await lifecycle.replaceSource(this.#resolver(), { same: true });
    }
  }

  get #size(): { readonly width: number; readonly height: number } | null {
    const { video } = this;
    if (video?.isSubstream === true) return null; // That of the main stream is not known yet.
    return video === null ? statedSize(this.#source) : { width: video.width, height: video.height };
  }

  /** The source with the device's present node, by which other programs know it. */
  get #sourceOfNode(): Source {
    const source = this.#source;
    return isDevice(source) ? { ...source, path: this.#options.nodeOf(source.path) } : source;
  }

  #resolver(): () => Promise<CaptureSource> {
    const source = this.#source;
    const { rules, savedControls, log } = this.#options;
    const trust = { trusted: this.fixed };
    const check = (): Promise<ResolvedSource> => rules.check(source, trust);
    const substream = this.#config.substream ?? null;
    if (substream !== null && isNetwork(source)) {
      const sub = new KnownStream('sub', log, () => rules.checkSubstream(substream, source, trust));
      const streams = new KnownStreams(new KnownStream('main', log, check), sub);
      this.#streams = streams;
      return async () => ({ ...(await check()), streams });
    }
    this.#streams = null;
    return async () => {
      const resolved = await check();
      return isDevice(source) ? { ...resolved, controls: await savedControls(this.id) } : resolved;
    };
  }
}
