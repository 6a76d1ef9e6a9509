import { controlOf, type Control, type ControlRequest } from '../../src/domain/cameras/control.ts';
import { monotonicNow } from '../../src/domain/clock.ts';
import type { Capture, CaptureEvents, CaptureOptions, Captures } from '../../src/cameras/captures/capture.ts';
import { PortholeError } from '../../src/domain/errors.ts';
import type { Frame } from '../../src/domain/media/frame.ts';
import type { WantedRendition } from '../../src/domain/media/media.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const startCode = hex('00000001');

/** A whole JPEG of 16×9 pixels. */
export const jpeg = Buffer.from(
  '/9j/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/2wBDARUXFx4aHjsh' +
    'ITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAAJABADASIAAhEBAxEB/8QAFQABAQAA' +
    'AAAAAAAAAAAAAAAAAAX/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAABAX/xAAUEQEAAAAAAAAAAAAAAAAAAAAA' +
    '/9oADAMBAAIRAxEAPwCaAoBv/9k=',
  'base64',
);
/** Access units of H.264 in Annex B: a keyframe with its parameter sets, and a frame that builds on it. */
const keyframe = Buffer.concat(
  [hex('6742c01eda0280f6c044000003000400000300f03c58ba80'), hex('68ce0fc8'), hex('65888400')].flatMap((unit) => [
    startCode,
    unit,
  ]),
);
const laterFrame = Buffer.concat([startCode, hex('419a0200')]);

/** How often a frame comes, and how often a keyframe, in milliseconds. */
const frameEvery = 20;
const keyframeEvery = 500;
/** H.264 begins with this much that was captured before, so that nobody waits for whole segments. In milliseconds. */
const past = 4_000;

/** The devices of a machine: each can be opened, delivers frames of 1280×720, and has a few controls. */
export class FakeDevices {
  readonly #problems = new Map<string, PortholeError>();
  readonly #open = new Set<FakeCapture>();
  readonly #values = new Map<string, Map<string, number | boolean>>();
  /** Every change of controls: the device, and the values that were set or `reset`. */
  readonly changes: { readonly path: string; readonly values: object | 'reset' }[] = [];

  /** Makes a device fail with this error, until it is called with null. */
  fail(path: string, problem: PortholeError | null): void {
    if (problem === null) this.#problems.delete(path);
    else this.#problems.set(path, problem);
    for (const capture of this.#open) if (capture.path === path && problem !== null) capture.fail(problem);
  }

  /** Opens a device for a camera. Other sources than devices and the test pattern cannot be reached. */
  capture({ source: { source: opened }, renditions, events, signal }: CaptureOptions): FakeCapture {
    const path = opened.kind === 'v4l2' ? opened.path : opened.kind;
    const unreachable = opened.kind === 'v4l2' || opened.kind === 'test' ? undefined : 'source_refused';
    const problem = this.#problems.get(path) ?? (unreachable && new PortholeError(unreachable));
    const capture = new FakeCapture(this, path, renditions, events, () => this.#open.delete(capture));
    this.#open.add(capture);
    signal.addEventListener('abort', () => void capture.close());
    capture.start(problem);
    return capture;
  }

  /** Opens all kinds of sources. */
  get captures(): Captures {
    const open = (options: CaptureOptions): Capture => this.capture(options);
    return { v4l2: open, test: open, rtsp: open, http: open, file: open };
  }

  /** Reads or sets the controls of a device. */
  async controls(path: string, request: ControlRequest): Promise<readonly Control[]> {
    const problem = this.#problems.get(path);
    if (problem !== undefined) throw problem;
    const values = this.#values.get(path) ?? new Map<string, number | boolean>();
    this.#values.set(path, values);
    if (request.kind === 'reset') values.clear();
    if (request.kind === 'set') {
      for (const id of Object.keys(request.values)) controlOf(this.#controlsOf(path), id);
      if (Number(request.values.zoom ?? 1) > 9) {
        throw new PortholeError('invalid_input', { field: 'zoom', message: 'Zoom takes 1 to 9.' });
      }
      for (const [id, value] of Object.entries(request.values)) values.set(id, value);
    }
    if (request.kind !== 'read') {
      this.changes.push({ path, values: request.kind === 'set' ? { ...request.values } : 'reset' });
    }
    return this.#controlsOf(path);
  }

  #controlsOf(path: string): readonly Control[] {
    const values = this.#values.get(path);
    const base = { group: '', inactive: false, readonly: false };
    const zoom = { ...base, id: 'zoom', name: 'Zoom', type: 'integer', min: 1, max: 9, step: 1, default: 5 } as const;
    const auto = { ...base, id: 'auto', name: 'Auto', type: 'boolean', default: true } as const;
    return [
      { ...zoom, value: Number(values?.get('zoom') ?? zoom.default) },
      { ...auto, value: Boolean(values?.get('auto') ?? auto.default) },
      { ...base, id: 'focus', name: 'Focus', type: 'button' },
    ];
  }
}

/** One open device. */
export class FakeCapture implements Capture {
  readonly facts = {};
  readonly #devices: FakeDevices;
  readonly path: string;
  readonly #events: CaptureEvents;
  readonly #onEnd: () => void;
  #wanted: readonly WantedRendition[];
  readonly #sent = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #sequence = 0;
  #ended = false;

  constructor(
    devices: FakeDevices,
    path: string,
    wanted: readonly WantedRendition[],
    events: CaptureEvents,
    onEnd: () => void,
  ) {
    this.#devices = devices;
    this.path = path;
    this.#wanted = wanted;
    this.#events = events;
    this.#onEnd = onEnd;
  }

  start(problem: PortholeError | undefined): void {
    setImmediate(() => {
      if (this.#ended) return;
      this.#events.opening();
      if (problem !== undefined) return this.fail(problem);
      this.#events.ready({ format: 'mjpeg', width: 1280, height: 720, fps: 30, audio: true });
      this.#timer = setInterval(() => this.#deliver(), frameEvery);
      return this.#deliver();
    });
  }

  want(renditions: readonly WantedRendition[]): void {
    this.#wanted = renditions;
  }

  requestKeyframe(): void {
    // They come often.
  }

  controls(request: ControlRequest): Promise<readonly Control[]> {
    return this.#devices.controls(this.path, request);
  }

  fail(problem: PortholeError): void {
    this.#end({ reason: 'failed', problem: problem.toJSON(), detail: 'fake' });
  }

  async close(): Promise<void> {
    this.#end({ reason: 'closed' });
  }

  #end(end: Parameters<CaptureEvents['ended']>[0]): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#onEnd();
    this.#events.ended(end);
  }

  #deliver(): void {
    const now = monotonicNow();
    for (const { id, codec, width } of this.#wanted) {
      const size = width === 'source' ? { width: 1280, height: 720 } : { width, height: Math.round((width * 9) / 16) };
      if (codec === 'jpeg') {
        this.#send(id, { ...size, bytes: jpeg, capturedAt: now, keyframe: true });
      } else if (codec === 'h264') {
        // The past comes four times as fast as the present.
        const last = this.#sent.get(id) ?? now - past;
        const next = Math.min(now, last + (now - last > 100 ? 10 : 1) * frameEvery);
        const isKeyframe = !this.#sent.has(id) || Math.floor(last / keyframeEvery) < Math.floor(next / keyframeEvery);
        this.#sent.set(id, next);
        const bytes = isKeyframe ? keyframe : laterFrame;
        this.#send(id, { ...size, bytes, capturedAt: next, keyframe: isKeyframe });
      }
    }
  }

  #send(rendition: number, frame: Omit<Frame, 'sequence'>): void {
    this.#sequence += 1;
    this.#events.frame(rendition, { ...frame, sequence: this.#sequence });
  }
}
