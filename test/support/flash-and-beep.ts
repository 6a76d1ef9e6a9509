import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { programPath } from './programs.ts';

const run = promisify(execFile);
const huge = { maxBuffer: 256 * 1024 * 1024, encoding: 'buffer' } as const;
const rate = 48_000;

/** The duration of a flash and a beep, in seconds. Both start at every full second. */
const length = 0.2;

/** Writes a clip whose video flashes white and whose audio beeps at the start of every second. */
export async function writeFlashAndBeep(path: string, seconds: number, audio: readonly string[] = ['-c:a', 'aac']) {
  const moment = `lt(mod(t\\,1)\\,${length})`;
  const picture = `color=black:size=320x240:rate=25,drawbox=color=white:t=fill:enable='${moment}'`;
  await run(programPath('ffmpeg'), [
    ...['-v', 'error', '-f', 'lavfi', '-i', picture, '-f', 'lavfi'],
    ...['-i', `aevalsrc=${moment}*sin(2*PI*1000*t)/2:s=44100`, '-t', String(seconds)],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-g', '25', '-pix_fmt', 'yuv420p', ...audio, path],
  ]);
}

/** Finds the start times of the flashes and beeps in a file, in seconds on the file's clock. */
export async function flashesAndBeeps(path: string): Promise<{ flashes: readonly number[]; beeps: readonly number[] }> {
  const ffmpeg = (args: readonly string[]) =>
    run(programPath('ffmpeg'), ['-v', 'error', '-copyts', '-i', path, ...args, '-'], huge);
  const times = async (): Promise<readonly number[]> => {
    const entries = ['-select_streams', 'v', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0'];
    const { stdout } = await run(programPath('ffprobe'), ['-v', 'error', ...entries, path], huge);
    return stdout.toString().trim().split('\n').map(Number.parseFloat);
  };
  const [pictureTimes, pictures, audio] = await Promise.all([
    times(),
    ffmpeg(['-map', '0:v', '-vf', 'scale=1:1,format=gray', '-fps_mode', 'passthrough', '-f', 'rawvideo']),
    ffmpeg(['-map', '0:a', '-af', 'aresample=async=1:first_pts=0', '-ac', '1', '-ar', String(rate), '-f', 'f32le']),
  ]);
  const lit = (index: number): boolean => (pictures.stdout[index] ?? 0) > 128;
  const flashes = pictureTimes.filter((_, index) => index > 0 && lit(index) && !lit(index - 1));
  // Padded with silence from time 0.
  const samples = new Float32Array(audio.stdout.buffer, audio.stdout.byteOffset, audio.stdout.length >> 2);
  const beeps: number[] = [];
  let loud = -Infinity;
  samples.forEach((sample, index) => {
    if (Math.abs(sample) < 0.1) return;
    const at = index / rate;
    if (at - loud > 0.3 && loud !== -Infinity) beeps.push(at);
    loud = at;
  });
  return { flashes, beeps };
}
