import type { Size } from '../../../domain/media/size.ts';

/** The structure of a codec whose frames consist of NAL units: H.264 or H.265. */
export interface NalCodec {
  /** Length of the header of a NAL unit, in bytes. The highest bit behind it is set in an image's first slice. */
  readonly header: number;
  /** The types of parameter sets, in the order in which decoders need them. */
  readonly sets: readonly number[];
  /** The type of sequence parameter sets. */
  readonly sps: number;
  /** The type of a NAL unit, by the first byte of its header. */
  typeOf(first: number): number;
  /** True for a part of an image. */
  isSlice(type: number): boolean;
  /** True for a part of an image with which decoding can begin. */
  isKey(type: number): boolean;
  /** True for units that stand before the slices of a frame, never between them. */
  isLead(type: number): boolean;
  /** True for units that no decoder needs: delimiters, which may only come first, and filler. */
  isIdle(type: number): boolean;
  /** True for a unit which says that decoders can begin here without a keyframe, by its first bytes. */
  isRecovery(start: Buffer): boolean;
  /** Reads the size in a sequence parameter set; null if it is damaged. */
  readSize(sps: Buffer): Size | null;
  /** Gives the NAL units in the payload of a packet to `sink`. Damaged payloads give fewer. */
  split(payload: Buffer, sink: NalSink): void;
}

/** Receives NAL units, as a whole or in fragments. */
export interface NalSink {
  /** A whole NAL unit. */
  unit(bytes: Buffer): void;
  /** The first fragment of a unit: its header, as a number of {@link NalCodec.header} bytes, and what follows. */
  begin(header: number, rest: Buffer): void;
  /** Another fragment. */
  more(rest: Buffer): void;
  /** The last fragment was given. */
  end(): void;
}

/** Gives the units of an aggregation packet to `sink`, each of which stands behind its length in two bytes. */
export function splitAggregate(payload: Buffer, from: number, sink: NalSink): void {
  let at = from;
  while (at + 2 <= payload.length) {
    const end = at + 2 + payload.readUInt16BE(at);
    if (end > payload.length) return;
    if (end > at + 2) sink.unit(payload.subarray(at + 2, end));
    at = end;
  }
}
