import {
  AV_CHANNEL_ORDER_NATIVE,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBOPUS,
} from 'node-av/constants';
import type { AVSampleFormat, FFEncoderCodec } from 'node-av/constants';
import {
  avChannelLayoutDescribe,
  avGetSampleFmtName,
  Codec,
  CodecContext,
  Filter,
  FilterGraph,
  Frame,
  Packet,
  Rational,
} from 'node-av/lib';
import type { FilterContext } from 'node-av/lib';
import { samplesOf, audioChannels, type AudioCodec, audioRate } from '../../domain/media/audio.ts';
import { describe } from '../ffmpeg-errors.ts';

/** FFmpeg's encoder for a codec, and its settings. libopus outputs packets of 20 ms by default. */
interface Backend {
  readonly encoder: FFEncoderCodec;
  readonly format: AVSampleFormat;
  /** Bits per second. */
  readonly rate: number;
}

const backends: Readonly<Record<AudioCodec, Backend>> = {
  aac: { encoder: FF_ENCODER_AAC, format: AV_SAMPLE_FMT_FLTP, rate: 96_000 },
  opus: { encoder: FF_ENCODER_LIBOPUS, format: AV_SAMPLE_FMT_FLT, rate: 64_000 },
};

/**
 * How far audio may be stretched or squeezed to match its time stamps, in samples per second, because the source's
 * clock never runs exactly like ours. The resampler corrects deviations over 100 ms at once, with silence or by
 * dropping samples.
 */
const stretch = 500;

/** One encoded audio frame. */
export interface EncodedAudio {
  readonly bytes: Buffer;
  /** When its first sample was captured, in ticks of 1/{@link audioRate} s on the monotonic clock. */
  readonly time: number;
}

/** Converts audio to {@link audioRate} and stereo, and encodes it in one codec. */
export class AudioEncoder implements Disposable {
  /** The input format, as {@link audioFormat} writes it. */
  readonly inputFormat: string;
  readonly #context: CodecContext;
  readonly #graph: FilterGraph;
  readonly #input: FilterContext;
  readonly #output: FilterContext;
  readonly #frame = new Frame();
  readonly #packet = new Packet();

  private constructor(inputFormat: string, context: CodecContext, graph: FilterGraph, ends: readonly FilterContext[]) {
    this.inputFormat = inputFormat;
    this.#context = context;
    this.#graph = graph;
    [this.#input, this.#output] = ends as [FilterContext, FilterContext];
    this.#frame.alloc();
    this.#packet.alloc();
  }

  /**
   * @param like a frame in the input format
   * @throws {Error} when FFmpeg cannot open the encoder.
   */
  static open(codec: AudioCodec, like: Frame): AudioEncoder {
    const backend = backends[codec];
    const inputFormat = audioFormat(like);
    const { graph, ends } = openGraph(inputFormat, backend, samplesOf[codec]);
    try {
      return new AudioEncoder(inputFormat, openContext(backend), graph, ends);
    } catch (error) {
      graph.free();
      throw error;
    }
  }

  /**
   * Encodes a frame. Its `pts` is in ticks of 1/{@link audioRate} s on the monotonic clock.
   *
   * @returns the encoded frames that it completes
   * @throws {Error} when FFmpeg rejects the frame.
   */
  encode(frame: Frame): readonly EncodedAudio[] {
    const made: EncodedAudio[] = [];
    // Flag 8 (AV_BUFFERSRC_FLAG_KEEP_REF): the caller still owns the frame.
    check(this.#input.buffersrcAddFrameSync(frame, 8 as never));
    while (this.#output.buffersinkGetFrameSync(this.#frame) >= 0) {
      check(this.#context.sendFrameSync(this.#frame));
      this.#frame.unref();
      while (this.#context.receivePacketSync(this.#packet) >= 0) {
        const { data, pts } = this.#packet;
        if (data !== null) made.push({ bytes: data, time: Number(pts) });
        this.#packet.unref();
      }
    }
    return made;
  }

  [Symbol.dispose](): void {
    this.#frame.free();
    this.#packet.free();
    this.#graph.free();
    this.#context.freeContext();
  }
}

/** Sample rate, sample format and channel layout of a frame, as options of FFmpeg's filter `abuffer`. */
export function audioFormat({ sampleRate, format, channelLayout }: Frame): string {
  const name = avGetSampleFmtName(format as AVSampleFormat) ?? 'unknown';
  const described = avChannelLayoutDescribe(channelLayout);
  // Some sources specify only the number of channels, not which ones.
  const layout = described === null || described.includes('channels') ? `${channelLayout.nbChannels}c` : described;
  return `sample_rate=${sampleRate}:sample_fmt=${name}:channel_layout=${layout}`;
}

function openGraph(inputFormat: string, { format }: Backend, samples: number) {
  const graph = new FilterGraph();
  graph.alloc();
  try {
    const stages: readonly (readonly [string, string])[] = [
      ['abuffer', `time_base=1/${audioRate}:${inputFormat}`],
      ['aresample', `${audioRate}:async=${stretch}`],
      ['aformat', `sample_fmts=${avGetSampleFmtName(format)}:sample_rates=${audioRate}:channel_layouts=stereo`],
      ['asetnsamples', `n=${samples}:p=0`],
      ['abuffersink', ''],
    ];
    const filters = stages.map(([name, args]) => {
      const filter = Filter.getByName(name);
      const made = filter === null ? null : graph.createFilter(filter, name, args === '' ? null : args);
      if (made === null) throw new Error(`FFmpeg's filter ${name} rejects ${args}`);
      return made;
    });
    filters.slice(1).forEach((filter, index) => check((filters[index] as FilterContext).link(0, filter, 0)));
    check(graph.configSync());
    return { graph, ends: [filters[0] as FilterContext, filters.at(-1) as FilterContext] };
  } catch (error) {
    graph.free();
    throw error;
  }
}

function openContext({ encoder, format, rate }: Backend): CodecContext {
  const codec = Codec.findEncoderByName(encoder);
  if (codec === null) throw new Error(`FFmpeg was built without ${encoder}`);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = audioRate;
  context.sampleFormat = format;
  context.channelLayout = { nbChannels: audioChannels, order: AV_CHANNEL_ORDER_NATIVE, mask: 3n }; // front left and right
  context.timeBase = new Rational(1, audioRate);
  context.bitRate = BigInt(rate);
  try {
    // Without options: in node-av 6.1 the synchronous call crashes if options are passed.
    check(context.open2Sync(codec));
    return context;
  } catch (error) {
    context.freeContext();
    throw error;
  }
}

function check(code: number): void {
  if (code < 0) throw new Error(describe(code));
}
