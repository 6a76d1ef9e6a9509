// Porthole on real V4L2 drivers: guest.ts in the virtual machine of with-v4l2.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeJpegs, writeClip } from '../support/clips.ts';
import { lacks, programPath } from '../support/programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { checks, type CheckResult } from './checks.ts';

const script = fileURLToPath(new URL('with-v4l2', import.meta.url));
const guest = fileURLToPath(new URL('guest.ts', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
/** Emulation on a busy machine, in seconds; alone it takes a sixth of that. */
const limit = 900;

describe.skipIf(lacks('ffmpeg', 'v4l2-ctl') || lacksMachine())('on a real V4L2 driver, Porthole', () => {
  const results = new Map<string, CheckResult>();
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let output = '';

  beforeAll(
    async () => {
      folder = await temporaryFolder();
      const [clips, out] = [join(folder.path, 'clips'), join(folder.path, 'out')];
      await Promise.all([mkdir(clips), mkdir(out)]);
      await writeClip(clips, await makeJpegs(12, 320, 240));
      const size = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10', '-t', '6', '-pix_fmt', 'yuv420p'];
      const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '10', '-f', 'h264'];
      await promisify(execFile)(programPath('ffmpeg'), ['-v', 'error', ...size, ...coding, join(clips, 'clip.h264')]);
      // FFmpeg cannot play such a clip again and again, so it lasts longer than the test.
      const coded = await readFile(join(clips, 'clip.h264'));
      await writeFile(join(clips, 'clip.h264'), Buffer.concat(Array<Buffer>(200).fill(coded)));
      // The guest sees the host's files but an empty /tmp: what it reads travels in the folder it may write to.
      await promisify(execFile)('cp', ['-r', clips, out]);
      const command = [process.execPath, '--disable-warning=ExperimentalWarning', guest, '/mnt/clips', '/mnt'];
      output = await promisify(execFile)(script, ['--time', String(limit), '--out', out, ...command], {
        cwd: root,
      }).then(
        ({ stdout }) => stdout,
        (error: unknown) => String(error) + ((error as { stdout?: string }).stdout ?? ''),
      );
      const file = join(out, 'results.jsonl');
      for (const line of existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []) {
        const result = JSON.parse(line) as CheckResult;
        results.set(result.check, result);
      }
    },
    (limit + 60) * 1_000,
  );
  afterAll(() => folder[Symbol.asyncDispose]());

  it.each(checks)('%s', (check) => {
    const result = results.get(check);
    if (result === undefined) throw new Error(`not tried; the guest said:\n${output.slice(-4_000)}`);
    expect(result.problem).toBeNull();
  });
});

/** True if this machine cannot run the virtual one, after saying so in one line. */
function lacksMachine(): boolean {
  const { stdout, status } = spawnSync(script, ['--check'], { encoding: 'utf8' });
  const missing = stdout.trim().split(/\s+/).join(', ');
  if (status === 0 && missing === '') return false;
  const packages = 'qemu-system-x86 linux-image-amd64 busybox-static cpio kmod v4l2loopback-dkms linux-headers-amd64';
  process.stderr.write(`Skipped: a real V4L2 driver; missing: ${missing} (on Debian: apt-get install ${packages}).\n`);
  return true;
}
