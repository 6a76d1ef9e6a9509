import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { CodecParameters } from 'node-av/lib';
import { lacks, programPath } from '../../../test/support/programs.ts';
import { nalUnits } from '../../formats/h264/h264.ts';
import { Decoder } from '../decode/decoder.ts';
import { openFile } from './file.ts';

it('a file of H.264 without a container plays in a loop', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'clip.h264');
  const media = new URL('../../../test/odd-cameras/media/base.h264', import.meta.url);
  const units = nalUnits(await readFile(media));
  const frames = units.flatMap(({ type }, at) => (type === 1 || type === 5 ? [at] : []));
  const clip = units.slice(0, (frames[4] ?? 0) + 1).flatMap(({ bytes }) => [Buffer.from([0, 0, 0, 1]), bytes]);
  await writeFile(path, Buffer.concat(clip));
  const source = await openFile({ source: { kind: 'file', path } });
  for (let count = 0; count < 12; count += 1) {
    const captured = await source.read();
    if (captured.kind === 'packet') captured.packet.free();
  }
  await source.close();
  await expect(source.read()).rejects.toMatchObject({ code: 'source_ended' });
});

it.skipIf(lacks('ffmpeg'))('a file with B-frames and a frame every 12 s begins at once', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'clip.mp4');
  const input = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=1/12:duration=120'];
  const encoder = ['-c:v', 'libx264', '-bf', '2', '-x264-params', 'b-adapt=0', path];
  await promisify(execFile)(programPath('ffmpeg'), ['-v', 'error', ...input, ...encoder]);
  const source = await openFile({ source: { kind: 'file', path } });
  const { codecParameters } = source;
  using decoder = await Decoder.open(codecParameters as CodecParameters);
  let shown = false;
  while (!shown) {
    const captured = await source.read();
    if (captured.kind !== 'packet') throw new Error(captured.kind);
    const { frame } = await decoder.decode(captured.packet);
    captured.packet.free();
    shown = frame !== null;
    frame?.free();
  }
  await source.close();
});
