import { AV_BUFFERSRC_FLAG_KEEP_REF, AV_FRAME_DATA_DISPLAYMATRIX, AV_FRAME_FLAG_INTERLACED } from 'node-av/constants';
import type { AVPixelFormat } from 'node-av/constants';
import { avGetPixFmtName, Filter, FilterGraph, Frame } from 'node-av/lib';
import type { FilterContext } from 'node-av/lib';
import { PortholeError } from '../../domain/errors.ts';
import { turnsOf, type Stage } from './display-matrix.ts';
import { describe } from '../ffmpeg-errors.ts';

/** FFmpeg's deinterlacer takes no smaller sides, in pixels. */
const smallestSide = 3;

const deinterlace: Stage = ['yadif', 'mode=send_frame:parity=auto:deint=all'];

/** A running filter graph. */
interface Graph {
  /** Equal for frames that the same graph takes. */
  readonly key: string;
  readonly graph: FilterGraph;
  readonly input: FilterContext;
  readonly output: FilterContext;
}

/**
 * Makes decoded frames progressive and upright. Frames that are both already are not touched. The scaler of FFmpeg
 * rejects interlaced frames.
 */
export class FrameFilter implements Disposable {
  #graph: Graph | null = null;

  /**
   * Filters a frame, which it takes over.
   *
   * @returns the same frame, or a new one instead
   * @throws {PortholeError} `video_unsupported` if FFmpeg rejects it.
   */
  async apply(frame: Frame): Promise<Frame> {
    const stages = stagesFor(frame);
    if (stages.length === 0) return frame;
    const filtered = new Frame();
    filtered.alloc();
    try {
      // The deinterlacer outputs a frame when it gets the next one. Waiting for that would make the video late, so it
      // gets each frame twice, and the second output is discarded.
      const copies = stages[0] === deinterlace ? 2 : 1;
      const code = await run(this.#graphFor(frame, stages), frame, copies, filtered);
      if (code < 0) throw new PortholeError('video_unsupported', { detail: describe(code) });
      return filtered;
    } catch (error) {
      filtered.free();
      throw error;
    } finally {
      frame.free();
    }
  }

  #graphFor(frame: Frame, stages: readonly Stage[]): Graph {
    const format = avGetPixFmtName(frame.format as AVPixelFormat) ?? 'unknown';
    const source: Stage = [
      'buffer',
      `video_size=${frame.width}x${frame.height}:pix_fmt=${format}:time_base=1/90000:` +
        `colorspace=${frame.colorSpace}:range=${frame.colorRange}`,
    ];
    const all = [source, ...stages, ['buffersink', ''] as const];
    const key = all.flat().join(' ');
    if (this.#graph?.key === key) return this.#graph;
    this[Symbol.dispose]();
    this.#graph = { key, ...openGraph(all) };
    return this.#graph;
  }

  [Symbol.dispose](): void {
    this.#graph?.graph.free();
    this.#graph = null;
  }
}

/** Puts a frame into a graph `copies` times. @returns FFmpeg's error code; at least 0 if `filtered` is the last output */
async function run({ input, output }: Graph, frame: Frame, copies: number, filtered: Frame): Promise<number> {
  let result = -1;
  for (let copy = 0; copy < copies; copy += 1) {
    const added = await input.buffersrcAddFrame(frame, AV_BUFFERSRC_FLAG_KEEP_REF);
    if (added < 0) return added;
    filtered.unref();
    result = await output.buffersinkGetFrame(filtered);
  }
  return result;
}

/** Returns the filters that make a frame progressive and upright; empty if it is both. */
function stagesFor(frame: Frame): readonly Stage[] {
  const stages: Stage[] = [];
  if (frame.hasFlags(AV_FRAME_FLAG_INTERLACED)) {
    if (Math.min(frame.width, frame.height) >= smallestSide) stages.push(deinterlace);
    else frame.clearFlags(AV_FRAME_FLAG_INTERLACED);
  }
  const matrix = frame.getSideData(AV_FRAME_DATA_DISPLAYMATRIX);
  return matrix === null ? stages : [...stages, ...turnsOf(matrix)];
}

function openGraph(stages: readonly Stage[]): Omit<Graph, 'key'> {
  const graph = new FilterGraph();
  graph.alloc();
  try {
    const filters = stages.map(([name, args]) => {
      const filter = Filter.getByName(name);
      const made = filter === null ? null : graph.createFilter(filter, name, args === '' ? null : args);
      if (made === null)
        throw new PortholeError('video_unsupported', { detail: `FFmpeg's filter ${name} rejects ${args}` });
      return made;
    });
    filters.slice(1).forEach((filter, index) => check((filters[index] as FilterContext).link(0, filter, 0)));
    check(graph.configSync());
    return { graph, input: filters[0] as FilterContext, output: filters.at(-1) as FilterContext };
  } catch (error) {
    graph.free();
    throw error;
  }
}

function check(code: number): void {
  if (code < 0) throw new PortholeError('video_unsupported', { detail: describe(code) });
}
