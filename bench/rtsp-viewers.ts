import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { treeUsage } from './process-tree.ts';
import { freePort, spawnOn, stop, untilListening } from './servers.ts';

/**
 * Viewers over RTSP (TCP), of an H.264 clip of 1280×720 at 30 frames per second and 2 Mbit/s, which is passed through.
 * Porthole with its capture process has core 0, the viewers core 1. Prints a table in Markdown.
 *
 *   node scripts/start.mjs --run bench/rtsp-viewers.ts [VIEWERS …]
 *
 * A frame counts when its last packet has arrived. Its age is calculated from its RTP timestamp and the wall clock.
 */
const seconds = 10;
const warmup = 5;
const program = fileURLToPath(import.meta.url);

interface Counts {
  readonly worst: number;
  readonly median: number;
  readonly p50: number;
  readonly p99: number;
  readonly slowestFirst: number;
}

if (process.argv[2] === '--view')
  console.log(JSON.stringify(await view(Number(process.argv[3]), Number(process.argv[4]))));
else await measure(process.argv.slice(2).map(Number));

async function measure(given: readonly number[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
  const clip = join(folder, 'clip.mp4');
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30', '-t', '30', '-pix_fmt', 'yuv420p'];
  const encoder = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-b:v',
    '2M',
    '-maxrate',
    '2M',
    '-bufsize',
    '2M',
    '-g',
    '60',
  ];
  execFileSync('ffmpeg', ['-loglevel', 'error', ...source, ...encoder, '-bf', '0', clip]);
  const [port, rtspPort] = [await freePort(), await freePort()];
  const start = fileURLToPath(new URL('../scripts/start.mjs', import.meta.url));
  const options = ['--port', port, '--rtsp-port', rtspPort, '--data', join(folder, 'data'), '--access', 'public'];
  const camera = ['--camera', `cam=file:${clip}`, '--log-level', 'warn'];
  const server = spawnOn(0, [process.execPath, start, ...options.map(String), ...camera], {
    env: { ...process.env, PORTHOLE_ADMIN_PASSWORD: 'benchmark-only' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await untilListening('porthole', rtspPort, server);
    await untilListening('porthole', port, server);
    console.log('| viewers | frames/s worst | median | age p50 ms | p99 ms | first frame max ms | CPU ms/s | RSS MB |');
    console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
    for (const viewers of given.length > 0 ? given : [1, 60, 200]) {
      const child = spawnOn(1, [process.execPath, program, '--view', String(viewers), String(rtspPort)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const printed = child.stdout === null ? Promise.resolve('') : text(child.stdout);
      await sleep(warmup * 1_000);
      const before = treeUsage([server.pid ?? 0]);
      await sleep(seconds * 1_000);
      const after = treeUsage([server.pid ?? 0]);
      const counts = JSON.parse(await printed) as Counts;
      const { worst, median, p50, p99, slowestFirst } = counts;
      const numbers = [worst.toFixed(1), median.toFixed(1), p50.toFixed(1), p99.toFixed(1), slowestFirst.toFixed(0)];
      const cpu = (after.cpuMs - before.cpuMs) / seconds;
      console.log(`| ${[viewers, ...numbers, cpu.toFixed(0), after.rssMb.toFixed(0)].join(' | ')} |`);
    }
  } finally {
    await stop(server);
    rmSync(folder, { recursive: true });
  }
}

/** Watches with some viewers and counts for {@link seconds} after the warm-up. */
async function view(viewers: number, port: number): Promise<Counts> {
  const begins = performance.now() + warmup * 1_000;
  const ends = begins + seconds * 1_000;
  const frames = new Array<number>(viewers).fill(0);
  const firsts = new Array<number>(viewers).fill(Infinity);
  const ages: number[] = [];
  const sockets = await Promise.all(
    frames.map(async (_, index) => {
      const socket = connect(port, '127.0.0.1');
      const openedAt = performance.now();
      await once(socket, 'connect');
      const url = 'rtsp://127.0.0.1/cam?audio=0';
      const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1';
      socket.write(
        `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n${transport}\r\n\r\nPLAY ${url} RTSP/1.0\r\nCSeq: 2\r\n\r\n`,
      );
      let rest: Buffer = Buffer.alloc(0);
      let answers = 0;
      socket.on('data', (chunk: Buffer) => {
        const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        const now = performance.now();
        let at = 0;
        while (at < bytes.length) {
          if (answers < 2) {
            const end = bytes.indexOf('\r\n\r\n', at);
            if (end === -1) break;
            answers += 1;
            at = end + 4;
            continue;
          }
          if (at + 4 > bytes.length) break;
          const end = at + 4 + bytes.readUInt16BE(at + 2);
          if (end > bytes.length) break;
          const isLast = bytes[at + 1] === 0 && ((bytes[at + 5] as number) & 0x80) !== 0;
          if (isLast) {
            firsts[index] = Math.min(firsts[index] as number, now - openedAt);
            if (now >= begins && now < ends) {
              frames[index] = (frames[index] as number) + 1;
              const sent = bytes.readUInt32BE(at + 8);
              ages.push((((Math.floor(Date.now() * 90) % 2 ** 32) - sent) | 0) / 90);
            }
          }
          at = end;
        }
        rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
      });
      socket.on('error', () => undefined);
      return socket;
    }),
  );
  await sleep(ends - performance.now());
  for (const socket of sockets) socket.destroy();
  const rates = frames.map((count) => count / seconds).sort((a, b) => a - b);
  ages.sort((a, b) => a - b);
  const share = (of: readonly number[], part: number): number => of[Math.floor(of.length * part)] ?? NaN;
  return {
    worst: rates[0] ?? NaN,
    median: share(rates, 0.5),
    p50: share(ages, 0.5),
    p99: share(ages, 0.99),
    slowestFirst: Math.max(...firsts),
  };
}
