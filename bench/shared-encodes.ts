import { setTimeout as sleep } from 'node:timers/promises';
import { runFanload } from './load.ts';
import { treeUsage } from './process-tree.ts';
import { startPorthole } from './servers.ts';
import type { Tools } from './tools.ts';

const widths = [320, 640, 960];
const viewersEach = 30;
const seconds = 6;

/**
 * Viewers on three widths of one camera, and what the metrics say of it: one encode for each width, whatever the number
 * of its viewers. Also what Porthole costs while nobody watches.
 *
 * @returns Markdown
 */
export async function sharedEncodes(tools: Tools): Promise<string> {
  await using server = await startPorthole(tools);
  if (server === null) throw new Error('Porthole was not started');
  await sleep(6_000);
  const idle = { before: treeUsage(server.pid), at: performance.now() };
  await sleep(5_000);
  const rest = treeUsage(server.pid);
  const idleCpu = (rest.cpuMs - idle.before.cpuMs) / ((performance.now() - idle.at) / 1_000);
  const loads = widths.map((width) =>
    runFanload(server, tools, {
      viewers: viewersEach,
      seconds,
      warmup: 2,
      path: `/cameras/cam/stream.mjpeg?width=${width}`,
    }),
  );
  await sleep(5_000);
  const [metrics, used] = [await readMetrics(server.port, server.headers), treeUsage(server.pid)];
  await Promise.all(loads);
  const rows = [...metrics.matchAll(/^porthole_rendition_viewers\{.*rendition="(.+)"\} (\d+)$/gm)].map(
    ([, rendition = '', viewers = '']) => {
      const frames = new RegExp(`^porthole_rendition_frames_total\\{.*rendition="${rendition}"\\} (\\d+)$`, 'm').exec(
        metrics,
      )?.[1];
      return `| ${rendition} | ${viewers} | ${frames ?? ''} |`;
    },
  );
  const captured = /^porthole_camera_captured_frames_total\{.*\} (\d+)$/m.exec(metrics)?.[1] ?? '';
  return [
    `${viewersEach} viewers on each of three widths: ${captured} pictures captured, and one encode for each width.`,
    '',
    '| rendition | viewers | frames encoded |',
    '| --- | ---: | ---: |',
    ...rows,
    '',
    `Nobody watching, camera closed: ${idleCpu.toFixed(1)} ms of CPU a second, ${rest.rssMb.toFixed(0)} MB resident; with a capture process and three encodes ${used.rssMb.toFixed(0)} MB in both.`,
  ].join('\n');
}

async function readMetrics(port: number, headers: readonly string[]): Promise<string> {
  const [name = '', value = ''] = (headers[0] ?? '').split(': ');
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { [name]: value } });
  if (!response.ok) throw new Error(`/metrics answers ${response.status}`);
  return response.text();
}
