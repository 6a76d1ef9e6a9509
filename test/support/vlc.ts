import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';
import type { Size } from '../../src/domain/media/size.ts';
import { ending } from './processes.ts';
import { lacks, programPath } from './programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** True if this VLC reads RTSP: Debian's is built without live555. */
export const vlcReadsRtsp =
  !lacks('cvlc') && globSync('/usr/lib/**/vlc/plugins/access/liblive555_plugin.so').length > 0;

/**
 * Plays a URL in VLC until it has shown some frames. Check `lacks('cvlc')` first.
 *
 * @param args VLC's options, and the URL
 * @param limit how long that may take, in milliseconds
 * @returns the size of a frame; with some decoders, VLC adds lines that it does not show
 */
export async function sizeInVlc(args: readonly string[], limit: number): Promise<Size> {
  await using folder = await temporaryFolder();
  const scenes = join(folder.path, 'scenes');
  await mkdir(scenes);
  // VLC refuses to run as root.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  await Promise.all([folder.path, scenes].map((each) => chmod(each, 0o777)));
  const keep = ['--video-filter', 'scene', '--scene-format', 'png', '--scene-ratio', '5', '--scene-path', scenes];
  const child = spawn(programPath('cvlc'), ['--no-audio', '--vout', 'dummy', ...keep, ...args], {
    env: { ...process.env, HOME: folder.path, XDG_RUNTIME_DIR: folder.path },
    stdio: 'ignore',
    ...nobody,
  });
  try {
    // The third image exists, so the second is complete.
    await expect.poll(() => readdir(scenes), { timeout: limit }).toSatisfy((files: string[]) => files.length > 2);
  } finally {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ending(child);
    clearTimeout(late);
  }
  const [picture = ''] = (await readdir(scenes)).sort();
  const { width, height } = await sharp(join(scenes, picture)).metadata();
  return { width, height };
}
