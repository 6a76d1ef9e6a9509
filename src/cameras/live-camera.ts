import type { Camera, CameraInfo } from '../domain/camera.ts';
import type { ControlValues } from '../domain/control.ts';
import type { H264EncoderChoice } from '../domain/h264-encoder.ts';
import { offeredWidths, renditionKey } from '../domain/rendition.ts';
import { parseSource, type Source } from '../domain/source.ts';
import { CameraSupervisor, type SupervisorLimits } from './lifecycle/camera-supervisor.ts';
import { explainProblem } from './lifecycle/explain.ts';
import type { Logger } from '../domain/logger.ts';
import type { LoadShedder } from '../fanout/load-shedder.ts';
import type { ResolvedSource } from './sources/address-policy.ts';
import type { SourceRules } from './sources/source-rules.ts';

/** What a {@link LiveCamera} is made of. */
export interface LiveCameraOptions {
  readonly config: Camera;
  /** True for a camera of the command line. */
  readonly fixed: boolean;
  readonly grace: number;
  /** What encodes H.264. */
  readonly h264Encoder: H264EncoderChoice;
  readonly rules: SourceRules;
  readonly log: Logger;
  readonly nextBroadcast: () => number;
  readonly loadShedder: LoadShedder;
  /** What its device's controls are set to when it opens. */
  readonly savedControls: (cameraId: string) => Promise<ControlValues>;
  /** The node that a device's path stands for. */
  readonly nodeOf: (path: string) => string;
  readonly onChange: (info: CameraInfo) => void;
}

/** A device answers quickly or not at all; a network may take its time. Milliseconds. */
const localLimits: SupervisorLimits = { opening: 10_000, silence: 3_000, retry: 2_000 };
const networkLimits: SupervisorLimits = { opening: 15_000, silence: 10_000, retry: 10_000 };

/** A configured Camera together with what runs for it. */
export class LiveCamera {
  readonly id: string;
  readonly fixed: boolean;
  readonly supervisor: CameraSupervisor;
  readonly #options: LiveCameraOptions;
  #config: Camera;
  #source: Source;
  /** When the last photo in another Mode is done. */
  #lastPhoto: Promise<void> = Promise.resolve();

  constructor(options: LiveCameraOptions) {
    const { config, fixed, log, grace, h264Encoder } = options;
    this.#options = options;
    this.#config = config;
    this.#source = parseSource(config.source);
    this.id = config.id;
    this.fixed = fixed;
    this.supervisor = new CameraSupervisor(
      {
        name: () => this.#config.name,
        resolve: this.#resolver(),
        explain: (problem) => explainProblem(this.#node, problem),
        enabled: config.enabled,
        grace,
        h264Encoder,
        limits: this.#source.kind === 'rtsp' || this.#source.kind === 'http' ? networkLimits : localLimits,
        loadShedder: options.loadShedder,
        log,
        onState: () => options.onChange(this.info),
      },
      options.nextBroadcast,
    );
  }

  get config(): Camera {
    return this.#config;
  }

  get source(): Source {
    return this.#source;
  }

  /** The camera as everybody sees it. */
  get info(): CameraInfo {
    const { id, name, enabled, position } = this.#config;
    const size = this.#size;
    const widths = offeredWidths(size?.width ?? 1920);
    return { id, name, enabled, position, state: this.supervisor.state, size, widths };
  }

  /** Takes over a changed configuration. */
  async change(config: Camera): Promise<void> {
    const before = this.#config;
    this.#config = config;
    if (config.source !== before.source) {
      this.#source = parseSource(config.source);
      await this.supervisor.replaceSource(this.#resolver());
    }
    if (config.enabled !== before.enabled) await this.supervisor.setEnabled(config.enabled);
  }

  /**
   * Runs `take` while the device is in its largest Mode, then goes back to the usual one. One at a time; when the usual
   * Mode is known to be as large, nothing is switched.
   */
  atItsBest<T>(take: () => Promise<T>): Promise<T> {
    const taken = this.#lastPhoto.then(() => this.#takeAtBest(take));
    this.#lastPhoto = taken.then(
      () => undefined,
      () => undefined,
    );
    return taken;
  }

  async #takeAtBest<T>(take: () => Promise<T>): Promise<T> {
    const { video } = this.supervisor;
    const { largest } = video ?? {};
    if (video && largest && largest.width * largest.height <= video.width * video.height) return take();
    const usual = this.#resolver();
    await this.supervisor.replaceSource(async () => ({ ...(await usual()), largest: true }), { photo: true });
    try {
      return await take();
    } finally {
      await this.supervisor.replaceSource(this.#resolver());
    }
  }

  /** Its figures. */
  metrics() {
    const { statistics, state, broadcasts } = this.supervisor;
    return {
      id: this.id,
      state: state.kind,
      captured: statistics.captured,
      drops: { ...statistics.dropped },
      restarts: statistics.restarts,
      renditions: Array.from(broadcasts, (broadcast) => ({
        rendition: renditionKey(broadcast.rendition),
        viewers: broadcast.audience,
        frames: broadcast.frames,
        bytes: broadcast.bytes,
      })),
    };
  }

  get #size(): { width: number; height: number } | null {
    const seen = this.supervisor.video;
    if (seen !== null) return { width: seen.width, height: seen.height };
    if (this.#source.kind === 'test') return { width: this.#source.width, height: this.#source.height };
    const { width, height } = this.#source.kind === 'v4l2' ? this.#source : {};
    return width === undefined || height === undefined ? null : { width, height };
  }

  /** The source with the device's present node, which other programs know it by. */
  get #node(): Source {
    const source = this.#source;
    return source.kind === 'v4l2' ? { ...source, path: this.#options.nodeOf(source.path) } : source;
  }

  #resolver() {
    const source = this.#source;
    const { rules, savedControls } = this.#options;
    return async (): Promise<ResolvedSource> => {
      const resolved = await rules.check(source, { trusted: this.fixed });
      return source.kind === 'v4l2' ? { ...resolved, controls: await savedControls(this.id) } : resolved;
    };
  }
}
