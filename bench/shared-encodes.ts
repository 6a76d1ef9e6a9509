import { setTimeout as sleep } from 'node:timers/promises';
import { runFanload } from './load.ts';
import { treeUsage } from './process-tree.ts';
import type { Server, StartPorthole } from './servers.ts';
import type { Tools } from './tools.ts';

const widths = [320, 640, 960];

/**
 * Viewers on three widths of one camera: the metrics show one encode per width for any number of viewers. Compares the
 * cost of further viewers of an encoded width with that of passthrough, and measures Porthole while nobody watches.
 *
 * @param viewersEach how many viewers each width has
 * @param warmup how long they run before the measurement, in seconds
 * @param span how long each measurement takes, in seconds
 * @returns Markdown
 */
export async function sharedEncodes(
  tools: Tools,
  startPorthole: StartPorthole,
  viewersEach: number,
  warmup: number,
  span: number,
): Promise<string> {
  await using server = await startPorthole(tools);
  await sleep(2 * span * 1_000); // work that is done once after the start
  const start = treeUsage(server.pids);
  const idle = await cpuOf(server, span);
  const watch = (width: number | 'source', seconds: number): Promise<string> => {
    const path = `/cameras/cam/stream.mjpeg?width=${width}`;
    return runFanload(server, tools, { viewers: viewersEach, seconds, warmup: 1, path });
  };

  const loads = widths.map((width) => watch(width, warmup + 6 * span));
  await sleep(warmup * 1_000);
  const before = await readMetrics(server);
  const three = await cpuOf(server, span);
  const after = await readMetrics(server);
  const used = treeUsage(server.pids);
  const more = await costOf(() => watch(640, span + 2));
  const source = await costOf(() => watch('source', span + 2));
  await Promise.all(loads);

  /** The cost of further viewers, in CPU milliseconds per second. */
  async function costOf(load: () => Promise<string>): Promise<number> {
    const viewers = load();
    await sleep(2_000);
    const both = await cpuOf(server, span);
    await viewers;
    return both - three;
  }
  const perFrame = (cost: number): string => ((cost * 1_000) / viewersEach / 30).toFixed(1);

  const rows = widths.map((width) => {
    const labels = `rendition="jpeg-${width}"`;
    const encoded = counter(after, 'rendition_frames', labels) - counter(before, 'rendition_frames', labels);
    return `| jpeg-${width} | ${gauge(after, 'rendition_viewers', labels)} | ${encoded} |`;
  });
  const captured = counter(after, 'camera_captured_frames', '') - counter(before, 'camera_captured_frames', '');
  return [
    `${viewersEach} viewers on each of three widths, over ${span} s: ${captured} frames captured, and one encode per width.`,
    '',
    '| rendition | viewers | frames encoded |',
    '| --- | ---: | ---: |',
    ...rows,
    '',
    `In total ${three.toFixed(0)} ms of CPU per second. ${viewersEach} more viewers of jpeg-640 took ${more.toFixed(0)} ms more, ${perFrame(more)} µs per frame and viewer;`,
    `${viewersEach} passthrough viewers instead of them ${source.toFixed(0)} ms, ${perFrame(source)} µs.`,
    '',
    `Nobody watching, camera closed: ${idle.toFixed(1)} ms of CPU per second, ${start.rssMb.toFixed(0)} MB resident; with a capture process and three encodes ${used.rssMb.toFixed(0)} MB in both processes.`,
  ].join('\n');
}

/** The CPU time of the process tree over the next `span` seconds, in milliseconds per second. */
async function cpuOf({ pids }: Server, span: number): Promise<number> {
  const before = treeUsage(pids);
  const startedAt = performance.now();
  await sleep(span * 1_000);
  return ((treeUsage(pids).cpuMs - before.cpuMs) / (performance.now() - startedAt)) * 1_000;
}

async function readMetrics({ port, headers }: Server): Promise<string> {
  const [name = '', value = ''] = (headers[0] ?? '').split(': ');
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { [name]: value } });
  if (!response.ok) throw new Error(`/metrics responds with ${response.status}`);
  return response.text();
}

function counter(metrics: string, name: string, labels: string): number {
  return gauge(metrics, `${name}_total`, labels);
}

function gauge(metrics: string, name: string, labels: string): number {
  return Number(new RegExp(`^porthole_${name}\\{.*${labels}.*\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0);
}
