import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  AV_CHANNEL_ORDER_NATIVE,
  AV_CODEC_ID_PCM_MULAW,
  AV_FRAME_FLAG_INTERLACED,
  AV_PIX_FMT_YUV420P,
  AVMEDIA_TYPE_AUDIO,
} from 'node-av/constants';
import { CodecParameters, Frame as RawFrame, Packet } from 'node-av/lib';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacks, programPath } from '../../test/support/programs.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import type { Frame } from '../domain/media/frame.ts';
import type { VideoFormat, WantedRendition } from '../domain/media/media.ts';
import type { Size } from '../domain/media/size.ts';
import { orientationSegment } from '../formats/jpeg/exif.ts';
import { inspectJpeg, withSegment } from '../formats/jpeg/jpeg.ts';
import { jpegFrame } from '../formats/jpeg/jpeg-frame.ts';
import { jpegParameters } from './decode/decoder.ts';
import { H264Encoders } from './encode/h264-encoders.ts';
import { Pipeline } from './pipeline.ts';
import type { Captured, CapturedAudio, OpenSource } from './source.ts';
import { openFile } from './sources/file.ts';

const jpeg: WantedRendition = { id: 1, codec: 'jpeg', width: 'source' };
const all: readonly WantedRendition[] = [
  jpeg,
  { id: 2, codec: 'jpeg', width: 160 },
  { id: 3, codec: 'h264', width: 'source' },
  { id: 4, codec: 'h264', width: 160 },
];

/** A running Pipeline and its results. */
class Run {
  readonly frames = new Map<number, Frame[]>();
  readonly videos: VideoFormat[] = [];
  /** Rejects with the reason why the Pipeline ended. */
  readonly ended: Promise<never>;
  readonly pipeline: Pipeline;

  constructor(source: OpenSource, wanted: readonly WantedRendition[]) {
    const output = {
      frame: (id: number, frame: Frame) => void this.frames.set(id, [...(this.frames.get(id) ?? []), frame]),
      warn: () => undefined,
      report: (message: { readonly type: string; readonly video?: VideoFormat }) => {
        if (message.video !== undefined) this.videos.push(message.video);
      },
    };
    this.pipeline = new Pipeline(source, output, new H264Encoders('x264', () => undefined));
    this.pipeline.want(wanted);
    this.ended = this.pipeline.run();
    this.ended.catch(() => undefined);
    onTestFinished(async () => {
      await source.close();
      await this.ended.catch(() => undefined);
    });
  }

  /** The size of the first frame of each Rendition, once all have one. */
  async sizes(wanted: readonly WantedRendition[]): Promise<readonly string[]> {
    const first = (id: number) => this.frames.get(id)?.[0];
    const failed = this.ended.catch((error: unknown) => Promise.reject(error as Error));
    const all = expect.poll(() => wanted.every(({ id }) => first(id) !== undefined), { timeout: 10_000 }).toBe(true);
    await Promise.race([all, failed]);
    return wanted.map(({ id }) => `${first(id)?.width}x${first(id)?.height}`);
  }
}

/** A source whose frames a test makes. */
class FakeSource implements OpenSource {
  readonly video: VideoFormat;
  readonly codecParameters;
  readonly intraOnly = true;
  readonly #next: () => Captured | null;
  readonly #closed = Promise.withResolvers<never>();
  #isClosed = false;

  constructor(size: Size, next: () => Captured | null, isJpeg: boolean) {
    this.video = { format: 'fake', ...size, fps: 25 };
    this.codecParameters = isJpeg ? jpegParameters() : null;
    this.#next = next;
    this.#closed.promise.catch(() => undefined);
  }

  /** Leaves the encoders some time for each frame. */
  async read(): Promise<Captured> {
    await setTimeout(5);
    return (this.#isClosed ? null : this.#next()) ?? (await this.#closed.promise);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closed.reject(new Error('closed'));
  }
}

/** A source that repeats a JPEG, once a second by its capture times. */
function jpegSource(size: Size, jpeg: Buffer): FakeSource {
  let at = 0;
  return new FakeSource(
    size,
    () => {
      const packet = new Packet();
      packet.alloc();
      packet.data = jpeg;
      return { kind: 'packet', packet, capturedAt: (at += 1) * 1_000 };
    },
    true,
  );
}

/** A JPEG whose structure is intact, but which FFmpeg cannot decode: it claims to use arithmetic coding. */
async function undecodable(size: Size): Promise<Buffer> {
  const picture = sharp({ create: { ...size, channels: 3, background: '#45d3c8' } });
  const jpeg = await picture.jpeg().toBuffer();
  jpeg[jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 1] = 0xc9;
  return jpeg;
}

const size = { width: 320, height: 240 };

describe('interlaced video', () => {
  it('is deinterlaced without waiting for the next frame', async () => {
    // A bar that moves by 20 pixels from field to field.
    const picture = Buffer.alloc((size.width * size.height * 3) / 2, 128);
    let made = 0;
    const source = new FakeSource(
      size,
      () => {
        if (made === 4) return null;
        for (let y = 0; y < size.height; y += 1) {
          const left = made * 40 + (y % 2) * 20;
          picture.fill(16, y * size.width, (y + 1) * size.width);
          picture.fill(235, y * size.width + left, y * size.width + left + 20);
        }
        const frame = RawFrame.fromVideoBuffer(picture, { ...size, format: AV_PIX_FMT_YUV420P });
        frame.setFlags(AV_FRAME_FLAG_INTERLACED);
        made += 1;
        return { kind: 'frame', frame, capturedAt: made };
      },
      false,
    );
    const run = new Run(source, [jpeg]);
    await expect.poll(() => run.frames.get(1)?.at(-1)?.capturedAt, { timeout: 10_000 }).toBe(4);
    const newest = run.frames.get(1)?.at(-1) as Frame;
    const { data, info } = await sharp(newest.bytes).greyscale().raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject(size);
    for (const x of [130, 150]) {
      const column = Array.from({ length: 200 }, (_, row) => data[(row + 20) * info.width + x] as number);
      expect(Math.max(...column) - Math.min(...column), `contrast between lines at ${x}`).toBeLessThan(80);
    }
  });
});

describe.skipIf(lacks('ffmpeg'))('a file', () => {
  const interlaced = '-flags +ilme+ildct';
  it.each([
    ['interlaced H.264', 'a.ts', `-c:v libx264 ${interlaced} -x264-params interlaced=1 -bf 0`, '320x240', '160x120'],
    ['interlaced MPEG-2, 4:2:2', 'b.ts', `-c:v mpeg2video -pix_fmt yuv422p ${interlaced}`, '320x240', '160x120'],
    ['16-bit RGB', 'd.mkv', '-c:v ffv1 -pix_fmt rgb48', '320x240', '160x120'],
    ['H.264 that is to be turned', 'g.mp4', '-c:v libx264 -bf 0 -pix_fmt yuv420p', '240x320', '160x214'],
  ])('with %s reaches every Rendition', async (_what, name, options, source, scaled) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, name);
    const make = (...args: readonly string[]) => void execFileSync(programPath('ffmpeg'), ['-v', 'error', ...args]);
    const input = 'testsrc2=size=320x240:rate=50:duration=0.4,interlace';
    make('-f', 'lavfi', '-i', input, ...options.split(' '), path);
    const turned = join(folder.path, 'turned.mp4');
    if (name.endsWith('.mp4')) make('-i', path, '-c', 'copy', '-metadata:s:v:0', 'rotate=90', turned);
    const opened = await openFile({ source: { kind: 'file', path: name.endsWith('.mp4') ? turned : path } });
    const run = new Run(opened, all);
    expect(await run.sizes(all)).toEqual([source, scaled, source, scaled]);
    expect(run.videos[0]?.passthrough).toBeUndefined();
  });
});

describe('announced audio', () => {
  it('that never comes is not reported, and audio that comes later is', async () => {
    const picture = sharp({ create: { ...size, channels: 3, background: '#45d3c8' } });
    const source = jpegSource(size, await picture.jpeg().toBuffer());
    let send: ((packet: CapturedAudio) => void) | null = null;
    const listen = (take: typeof send) => (send = take);
    const run = new Run(Object.assign(source, { audio: { announced: true as const, listen } }), [jpeg]);
    await expect.poll(() => run.videos.length, { timeout: 10_000 }).toBe(1);
    expect(run.videos[0]?.audio).toBeUndefined();
    const parameters = new CodecParameters();
    parameters.alloc();
    Object.assign(parameters, { codecType: AVMEDIA_TYPE_AUDIO, codecId: AV_CODEC_ID_PCM_MULAW, sampleRate: 8_000 });
    parameters.channelLayout = { nbChannels: 1, order: AV_CHANNEL_ORDER_NATIVE, mask: 4n };
    using packet = new Packet();
    packet.alloc();
    packet.data = Buffer.alloc(160);
    (send as ((packet: CapturedAudio) => void) | null)?.({ packet, parameters, time: 0, exact: false });
    expect(run.videos.map(({ audio }) => audio)).toEqual([undefined, true]);
  });
});

describe('a JPEG with an EXIF orientation', () => {
  it.each([2, 3, 5, 6, 7, 8])(
    'is the same way up passed through, as another JPEG and as H.264: %i',
    async (orientation) => {
      // Four quarters of different brightness.
      const pixels = Buffer.from(
        Array.from({ length: 320 * 240 }, (_, at) => (at % 320 < 160 ? 0 : 1) + (at < 320 * 120 ? 0 : 2)),
      );
      const picture = sharp(
        pixels.map((quarter) => quarter * 80),
        { raw: { width: 320, height: 240, channels: 1 } },
      );
      const run = new Run(jpegSource(size, await picture.withMetadata({ orientation }).jpeg().toBuffer()), all);
      const [original, scaled, h264, smallH264] = await run.sizes(all);
      const isTall = orientation >= 5;
      expect([original, h264]).toEqual(isTall ? ['240x320', '240x320'] : ['320x240', '320x240']);
      expect([scaled, smallH264]).toEqual(isTall ? ['160x214', '160x214'] : ['160x120', '160x120']);
      const quarters = async (id: number): Promise<readonly number[]> => {
        const upright = sharp(run.frames.get(id)?.[0]?.bytes).autoOrient().greyscale();
        const corners = await sharp(await upright.toBuffer())
          .resize(2, 2, { fit: 'fill', kernel: 'nearest' })
          .raw()
          .toBuffer();
        return Array.from(corners, (value) => Math.round(value / 80));
      };
      expect(await quarters(2)).toEqual(await quarters(1));
      expect(new Set(await quarters(1)).size).toBe(4);
    },
  );
});

it('an EXIF orientation stays in a JPEG whose EXIF thumbnail is cut off', async () => {
  const picture = sharp({ create: { ...size, channels: 3, background: '#45d3c8' } });
  const exif = orientationSegment(8);
  const withThumbnail = Buffer.concat([exif, await picture.clone().resize(16, 12).jpeg().toBuffer()]);
  withThumbnail.writeUInt16BE(withThumbnail.length - 2, 2);
  const frame = jpegFrame(withSegment(await picture.jpeg().toBuffer(), withThumbnail));
  expect(frame).toMatchObject({ width: 240, height: 320 });
  expect(inspectJpeg(frame?.bytes ?? exif)).toMatchObject({ orientation: 8, thumbnails: [] });
});

describe('frames that cannot be decoded', () => {
  it('end the capture with a reason if no viewer gets a frame', async () => {
    const run = new Run(jpegSource(size, await undecodable(size)), [{ ...jpeg, width: 160 }]);
    await expect(run.ended).rejects.toMatchObject({ code: 'video_damaged' });
  });

  it('become a warning while some viewers get the frames as they are', async () => {
    const run = new Run(jpegSource(size, await undecodable(size)), all.slice(0, 2));
    await expect.poll(() => run.videos.at(-1)?.warning, { timeout: 10_000 }).toEqual({ key: 'error_video_damaged' });
    expect(run.frames.get(1)?.length).toBeGreaterThan(2);
    run.pipeline.want([jpeg]);
    expect(run.videos.at(-1)?.warning).toBeUndefined();
  });

  it('end the capture with a reason if every JPEG is cut short', async () => {
    const whole = await undecodable(size);
    const run = new Run(jpegSource(size, whole.subarray(0, -50)), [jpeg]);
    await expect(run.ended).rejects.toMatchObject({ code: 'video_damaged' });
  });
});
