import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeJpegs, writeClip } from '../support/clips.ts';
import { programPath } from '../support/programs.ts';

const source = fileURLToPath(new URL('modecam.c', import.meta.url));

/** A webcam with the Modes 640 × 480 and 320 × 240, both at 20 frames per second, and controls: see modecam.c. */
export interface ModeCamera {
  readonly device: string;
  /** The environment variables that make it visible to a program. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Builds the camera. Check `lacks('cc')` first. */
export async function buildModeCamera(folder: string): Promise<ModeCamera> {
  const library = join(folder, 'modecam.so');
  const device = '/dev/porthole-test-camera';
  const clip = async (name: string, width: number, height: number): Promise<string> => {
    await mkdir(join(folder, name));
    return writeClip(join(folder, name), await makeJpegs(8, width, height));
  };
  const flags = ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl', '-lpthread'];
  const [large, small] = await Promise.all([
    clip('large', 640, 480),
    clip('small', 320, 240),
    promisify(execFile)(programPath('cc'), flags),
  ]);
  return {
    device,
    environment: {
      LD_PRELOAD: library,
      FAKECAM_DEV: device,
      FAKECAM_FILE: large,
      FAKECAM_W: '640',
      FAKECAM_H: '480',
      FAKECAM_FPS: '20',
      MODECAM_FILE: small,
      MODECAM_W: '320',
      MODECAM_H: '240',
    },
  };
}
