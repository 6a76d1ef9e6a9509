import { execFileSync, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { FormatContext, InputFormat, Packet } from 'node-av/lib';
import { Decoder } from '../src/capture/decode/decoder.ts';
import { JpegEncoder } from '../src/capture/encode/jpeg-encoder.ts';

/** The compiled tools and the clip of the fake camera. */
export interface Tools {
  readonly folder: string;
  /** The fake camera, for LD_PRELOAD. */
  readonly fakecam: string;
  readonly fanload: string;
  readonly rawlimit: string;
  /** The clip that the camera plays: concatenated JPEGs. */
  readonly clip: string;
  /** The mean size of the clip's frames, in bytes. */
  readonly frameBytes: number;
}

/** Compiles the tools with `cc` and makes the clip. */
export async function makeTools(): Promise<Tools> {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-bench-'));
  const build = (name: string, output: string, ...flags: string[]): string => {
    const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
    const target = join(folder, output);
    execFileSync('cc', ['-O2', '-o', target, source, ...flags], { stdio: 'inherit' });
    return target;
  };
  const fakecam = build('../test/support/fakecam', 'fakecam.so', '-shared', '-fPIC', '-ldl', '-lpthread');
  const fanload = build('fanload', 'fanload');
  const rawlimit = build('rawlimit', 'rawlimit');
  // The device node that fakecam replaces; nothing opens the real one.
  if (!existsSync('/dev/video0')) spawnSync('mknod', ['/dev/video0', 'c', '81', '0'], { stdio: 'inherit' });
  // In a separate folder: captures read no files next to a data folder.
  const clip = join(await mkdtemp(join(folder, 'clip-')), 'clip.mjpeg');
  return { folder, fakecam, fanload, rawlimit, clip, frameBytes: await makeClip(clip, 300) };
}

/**
 * Makes a clip of FFmpeg's test pattern, 1280 × 720, as concatenated JPEGs.
 *
 * @returns the mean size of a frame in bytes
 */
async function makeClip(path: string, frames: number): Promise<number> {
  const input = new FormatContext();
  input.allocContext();
  const opened = await input.openInput('testsrc2=size=1280x720:rate=30', InputFormat.findInputFormat('lavfi'));
  const stream = input.streams[0];
  if (opened < 0 || stream === undefined) throw new Error(`FFmpeg cannot open its test pattern (${opened})`);
  using decoder = await Decoder.open(stream.codecpar);
  using encoder = await JpegEncoder.open(1280, 720);
  const output = createWriteStream(path);
  let bytes = 0;
  for (let made = 0; made < frames;) {
    using packet = new Packet();
    packet.alloc();
    await input.readFrame(packet);
    using frame = (await decoder.decode(packet)).frame;
    const jpeg = frame === null ? null : await encoder.encode(frame);
    if (jpeg === null) continue;
    output.write(jpeg.bytes);
    bytes += jpeg.bytes.length;
    made += 1;
  }
  await input.closeInput();
  output.end();
  await finished(output);
  return Math.round(bytes / frames);
}
