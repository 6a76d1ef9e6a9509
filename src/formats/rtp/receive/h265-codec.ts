import { nalUnits } from '../../h264/h264.ts';
import { readSequence, h265Type } from '../../h265/h265.ts';
import { splitAggregate, type NalCodec, type NalSink } from './nal-codec.ts';

/** Types of packets (RFC 7798, section 4.4). */
const [aggregate, fragment] = [48, 49];

/** H.265 (ITU-T H.265) over RTP (RFC 7798): single units, AP and FU, without decoding order numbers. */
export const h265: NalCodec = {
  header: 2,
  sets: [h265Type.vps, h265Type.sps, h265Type.pps],
  sps: h265Type.sps,
  typeOf: (first) => (first >> 1) & 0x3f,
  isSlice: (type) => type <= h265Type.lastSlice,
  isKey: (type) => type >= h265Type.firstKey && type <= h265Type.lastKey,
  isLead: (type) =>
    (type >= h265Type.vps && type <= h265Type.delimiter) || type === h265Type.prefixSei || (type >= 41 && type <= 44),
  isIdle: (type) => type === h265Type.delimiter || type === h265Type.filler,
  // Every type of image with which decoding can begin counts as a keyframe.
  isRecovery: () => false,
  readSize: readSequence,
  split,
};

function split(payload: Buffer, sink: NalSink): void {
  if (payload.length < 3) return;
  const [first = 0, second = 0, edge = 0] = payload;
  const type = h265.typeOf(first);
  if (first === 0 && second === 0 && edge <= 1) for (const { bytes } of nalUnits(payload)) sink.unit(bytes);
  else if (type < aggregate) sink.unit(payload);
  else if (type === aggregate) splitAggregate(payload, 2, sink);
  else if (type === fragment) {
    const rest = payload.subarray(3);
    if ((edge & 0x80) !== 0) sink.begin((((first & 0x81) | ((edge & 0x3f) << 1)) << 8) | second, rest);
    else sink.more(rest);
    if ((edge & 0x40) !== 0) sink.end();
  }
}
