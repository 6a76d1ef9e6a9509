import { nalType, nalUnits, readSequence } from '../../h264/h264.ts';
import { splitAggregate, type NalCodec, type NalSink } from './nal-codec.ts';

/** The type of a message about a recovery point (ITU-T H.264, D.1.1). */
const recoveryPoint = 6;
/** Types of packets (RFC 6184, section 5.2). */
const [aggregate, aggregateInOrder, fragment, fragmentInOrder] = [24, 25, 28, 29];

/** H.264 (ITU-T H.264) over RTP (RFC 6184): single units, STAP-A and FU-A; and STAP-B and FU-B as if in order. */
export const h264: NalCodec = {
  header: 1,
  sets: [nalType.sps, nalType.pps],
  sps: nalType.sps,
  typeOf: (first) => first & 0x1f,
  isSlice: (type) => type >= nalType.slice && type <= nalType.idr,
  isKey: (type) => type === nalType.idr,
  isLead: (type) => (type >= nalType.sei && type <= nalType.delimiter) || (type >= 14 && type <= 18),
  isIdle: (type) => type === nalType.delimiter || type === nalType.filler,
  isRecovery: ([header = 0, message]) => (header & 0x1f) === nalType.sei && message === recoveryPoint,
  readSize(sps) {
    const facts = readSequence(sps);
    return facts === null ? null : { width: facts.width, height: facts.height };
  },
  split,
};

function split(payload: Buffer, sink: NalSink): void {
  const [indicator = 0, edge = 0] = payload;
  const type = indicator & 0x1f;
  if (type === 0) {
    // Some cameras put start codes in front of units, which RTP does without.
    for (const { bytes } of nalUnits(payload)) sink.unit(bytes);
  } else if (type < aggregate) sink.unit(payload);
  else if (type === aggregate) splitAggregate(payload, 1, sink);
  else if (type === aggregateInOrder) splitAggregate(payload, 3, sink);
  else if (type === fragment || type === fragmentInOrder) {
    const starts = (edge & 0x80) !== 0;
    const rest = payload.subarray(type === fragmentInOrder && starts ? 4 : 2);
    if (starts) sink.begin((indicator & 0xe0) | (edge & 0x1f), rest);
    else sink.more(rest);
    if ((edge & 0x40) !== 0) sink.end();
  }
}
