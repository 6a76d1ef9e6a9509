// Tests Porthole with real V4L2 drivers that fail: runs faults-guest.ts in the virtual machine of with-v4l2.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeJpegs, writeClip } from '../support/clips.ts';
import { lacks } from '../support/programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { faultChecks } from './faults-checks.ts';
import { type GuestRun, lacksMachine, machineLimit, runGuest } from './machine.ts';

describe.skipIf(lacks('ffmpeg', 'v4l2-ctl', 'setpriv') || lacksMachine())(
  'with a V4L2 driver that fails, Porthole',
  () => {
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let run: GuestRun;

    beforeAll(
      async () => {
        folder = await temporaryFolder();
        const clips = join(folder.path, 'clips');
        await mkdir(clips);
        await writeClip(clips, await jpegsOfManySizes());
        run = await runGuest('faults-guest.ts', folder.path);
      },
      (machineLimit * 2 + 60) * 1_000,
    );
    afterAll(() => folder[Symbol.asyncDispose]());

    it.each(faultChecks)('%s', (check) => {
      const result = run.results.get(check);
      if (result === undefined) throw new Error(`not run; the output of the guest:\n${run.output.slice(-4_000)}`);
      expect(result.problem).toBeNull();
    });
  },
);

/** Frames of which every third is many times as large as the others. */
async function jpegsOfManySizes(): Promise<readonly Buffer[]> {
  const plain = await makeJpegs(12, 320, 240);
  const noise = await sharp({
    create: {
      width: 320,
      height: 240,
      channels: 3,
      background: 'black',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .jpeg({ quality: 90, optimiseCoding: false })
    .toBuffer();
  return plain.map((jpeg, index) => {
    if (index % 3 !== 2) return jpeg;
    // A comment makes each unique: COM, length, number.
    return Buffer.concat([noise.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 3, index]), noise.subarray(2)]);
  });
}
