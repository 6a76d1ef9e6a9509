import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeJpegs, writeClip } from './clips.ts';
import { programPath } from './programs.ts';

const source = fileURLToPath(new URL('fakecam.c', import.meta.url));

/** The length of the mark that the camera inserts after SOI, in bytes (see fakecam.c). */
const markLength = 20;

/** The faults of the camera, and the quirks of its formats, frames and times. */
type FakeCameraSwitch =
  | ('UNPLUG_AFTER' | 'STALL_AFTER' | 'CORRUPT_EVERY' | 'ABSENT' | 'FAIL' | 'CONTROLS')
  | ('FOURCC' | 'INTERLACED' | 'NOSIZES' | 'STEPWISE' | 'NORATES' | 'TENTHS' | 'NOPARM' | 'ZEROPARM')
  | ('NOEOI' | 'PAD' | 'BAD8' | 'EMPTY' | 'ERR')
  | ('SEQ0' | 'REALTIME' | 'TSZERO' | 'TSAHEAD');

/** Options of the camera, by their names in fakecam.c without `FAKECAM_`. */
export type FakeCameraSwitches = Readonly<Partial<Record<FakeCameraSwitch, string | number>>>;

/** A fake webcam for programs that are started with its environment. */
export interface FakeCamera {
  /** The path of its device node, which does not exist. */
  readonly device: string;
  /** The frames that it delivers in a loop, without their marks. */
  readonly jpegs: readonly Buffer[];
  /** The environment variables that make it visible to a program. */
  environment(switches?: FakeCameraSwitches): Record<string, string>;
}

/**
 * Builds the camera. Check `lacks('cc')` first.
 *
 * @param folder the folder for its library and its clip
 */
export async function buildFakeCamera(
  folder: string,
  options: { readonly width?: number; readonly height?: number; readonly fps?: number; readonly device?: string } = {},
): Promise<FakeCamera> {
  const { width = 640, height = 480, fps = 20, device = '/dev/porthole-test-camera' } = options;
  const library = join(folder, 'fakecam.so');
  const flags = ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl', '-lpthread'];
  const [jpegs] = await Promise.all([makeJpegs(16, width, height), promisify(execFile)(programPath('cc'), flags)]);
  const clip = await writeClip(folder, jpegs);
  const fixed = { LD_PRELOAD: library, FAKECAM_FILE: clip, FAKECAM_DEV: device };
  return {
    device,
    jpegs,
    environment: (switches = {}) => ({
      ...fixed,
      FAKECAM_W: String(width),
      FAKECAM_H: String(height),
      FAKECAM_FPS: String(fps),
      ...Object.fromEntries(Object.entries(switches).map(([name, value]) => [`FAKECAM_${name}`, String(value)])),
    }),
  };
}

/** The mark of a frame, and the frame without it. */
export interface Marked {
  /** The capture time, in milliseconds on the monotonic clock. */
  readonly capturedAt: number;
  readonly sequence: number;
  readonly jpeg: Buffer;
}

/** Removes the mark from a frame; null if it has none, as in a placeholder frame. */
export function readMark(bytes: Buffer): Marked | null {
  if (bytes.subarray(6, 10).toString('latin1') !== 'TSMK') return null;
  return {
    capturedAt: Number(bytes.readBigUInt64LE(10)) / 1e6,
    sequence: bytes.readUInt32LE(18),
    jpeg: Buffer.concat([bytes.subarray(0, 2), bytes.subarray(2 + markLength)]),
  };
}
