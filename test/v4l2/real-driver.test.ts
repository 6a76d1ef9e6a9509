// Tests Porthole with real V4L2 drivers: runs guest.ts in the virtual machine of with-v4l2.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeJpegs, writeClip } from '../support/clips.ts';
import { lacks, programPath } from '../support/programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { checks } from './checks.ts';
import { type GuestRun, lacksMachine, machineLimit, runGuest } from './machine.ts';

describe.skipIf(lacks('ffmpeg', 'v4l2-ctl') || lacksMachine())('with a real V4L2 driver, Porthole', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let run: GuestRun;

  beforeAll(
    async () => {
      folder = await temporaryFolder();
      const clips = join(folder.path, 'clips');
      await mkdir(clips);
      await writeClip(clips, await makeJpegs(12, 320, 240));
      await writeCodedClip(join(clips, 'clip.h264'));
      run = await runGuest('guest.ts', folder.path);
    },
    (machineLimit * 2 + 60) * 1_000,
  );
  afterAll(() => folder[Symbol.asyncDispose]());

  it.each(checks)('%s', (check) => {
    const result = run.results.get(check);
    if (result === undefined) throw new Error(`not run; the output of the guest:\n${run.output.slice(-4_000)}`);
    expect(result.problem).toBeNull();
  });
});

/** Writes an H.264 clip that is longer than the test, because FFmpeg cannot loop such a clip. */
async function writeCodedClip(path: string): Promise<void> {
  const size = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10', '-t', '6', '-pix_fmt', 'yuv420p'];
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '10', '-f', 'h264'];
  await promisify(execFile)(programPath('ffmpeg'), ['-v', 'error', ...size, ...coding, path]);
  await writeFile(path, Buffer.concat(Array<Buffer>(200).fill(await readFile(path))));
}
