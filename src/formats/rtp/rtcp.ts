/** Types of RTCP packets (RFC 3550, section 12.1; RFC 4585, section 6.1). */
const type = {
  senderReport: 200,
  receiverReport: 201,
  description: 202,
  goodbye: 203,
  transportFeedback: 205,
  payloadFeedback: 206,
};
const genericNack = 1;
const pictureLoss = 1;
const fullIntraRequest = 4;

/** The most packets that one NACK can request; any beyond are ignored. */
const mostNacks = 1_024;

/** A viewer's feedback about one stream. */
export interface Feedback {
  /** Sequence numbers of packets that the viewer requests again. */
  readonly lost: readonly number[];
  /** True if the viewer requests a keyframe (PLI or FIR). */
  readonly wantsKeyframe: boolean;
  /** The fraction of packets lost since the last report, from 0 to 1; null without a report. */
  readonly lossShare: number | null;
}

/**
 * Reads a compound RTCP packet (RFC 3550, section 6.1). Unknown and truncated packets are ignored.
 *
 * @param ssrc the stream whose feedback is returned
 */
export function readFeedback(bytes: Buffer, ssrc: number): Feedback {
  const lost: number[] = [];
  let wantsKeyframe = false;
  let lossShare: number | null = null;
  for (const { format, kind, body } of packets(bytes)) {
    if (kind === type.transportFeedback && format === genericNack && isFor(body, ssrc)) readNacks(body, lost);
    else if (kind === type.payloadFeedback && format === pictureLoss && isFor(body, ssrc)) wantsKeyframe = true;
    else if (kind === type.payloadFeedback && format === fullIntraRequest) wantsKeyframe ||= namesInFir(body, ssrc);
    else if (kind === type.receiverReport) lossShare = lossIn(body, 4, format, ssrc) ?? lossShare;
    else if (kind === type.senderReport) lossShare = lossIn(body, 24, format, ssrc) ?? lossShare;
  }
  return { lost, wantsKeyframe, lossShare };
}

/** One packet of a compound packet: its five-bit format or count, its type, and the bytes behind its header. */
interface RtcpPacket {
  readonly format: number;
  readonly kind: number;
  readonly body: Buffer;
}

function* packets(bytes: Buffer): Generator<RtcpPacket> {
  let at = 0;
  while (at + 4 <= bytes.length && (bytes[at] as number) >> 6 === 2) {
    const end = at + 4 + bytes.readUInt16BE(at + 2) * 4;
    if (end > bytes.length) return;
    yield { format: (bytes[at] as number) & 0x1f, kind: bytes[at + 1] as number, body: bytes.subarray(at + 4, end) };
    at = end;
  }
}

/** RFC 4585, section 6.1: the SSRC of the sender, then that of the stream. */
function isFor(body: Buffer, ssrc: number): boolean {
  return body.length >= 8 && body.readUInt32BE(4) === ssrc;
}

/** RFC 4585, section 6.2.1. */
function readNacks(body: Buffer, lost: number[]): void {
  for (let at = 8; at + 4 <= body.length && lost.length < mostNacks; at += 4) {
    const first = body.readUInt16BE(at);
    const following = body.readUInt16BE(at + 2);
    lost.push(first);
    for (let bit = 0; bit < 16; bit += 1) if ((following >> bit) & 1) lost.push((first + bit + 1) & 0xffff);
  }
}

/** RFC 5104, section 4.3.1.1. */
function namesInFir(body: Buffer, ssrc: number): boolean {
  for (let at = 8; at + 8 <= body.length; at += 8) if (body.readUInt32BE(at) === ssrc) return true;
  return false;
}

/** RFC 3550, section 6.4.1: report blocks of 24 bytes each. */
function lossIn(body: Buffer, from: number, count: number, ssrc: number): number | null {
  for (let at = from; at + 24 <= body.length && at < from + count * 24; at += 24) {
    if (body.readUInt32BE(at) === ssrc) return (body[at + 4] as number) / 256;
  }
  return null;
}

/** Contents of a sender report. */
export interface SenderFacts {
  readonly ssrc: number;
  /** The canonical name, which all streams of one sender share, in ASCII. */
  readonly cname: string;
  /** The current time, as an NTP timestamp. */
  readonly now: bigint;
  /** The same time as an RTP timestamp. */
  readonly timestamp: number;
  readonly packets: number;
  /** Bytes of payload. */
  readonly bytes: number;
}

/** A sender report, followed by a source description with the CNAME (RFC 3550, sections 6.4.1 and 6.5). */
export function senderReport(facts: SenderFacts): Buffer {
  const name = Buffer.from(facts.cname, 'latin1');
  // One chunk: the source, the item, at least one zero, up to a multiple of four.
  const chunk = Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const bytes = Buffer.alloc(28 + 4 + chunk);
  bytes[0] = 0x80;
  bytes[1] = type.senderReport;
  bytes.writeUInt16BE(6, 2);
  bytes.writeUInt32BE(facts.ssrc, 4);
  bytes.writeBigUInt64BE(facts.now, 8);
  bytes.writeUInt32BE(facts.timestamp, 16);
  bytes.writeUInt32BE(facts.packets >>> 0, 20);
  bytes.writeUInt32BE(facts.bytes % 2 ** 32, 24);
  bytes[28] = 0x81;
  bytes[29] = type.description;
  bytes.writeUInt16BE(chunk / 4, 30);
  bytes.writeUInt32BE(facts.ssrc, 32);
  bytes[36] = 1; // CNAME
  bytes[37] = name.length;
  name.copy(bytes, 38);
  return bytes;
}

/** Tells that a stream has ended (RFC 3550, section 6.6), behind the empty report that must come first. */
export function goodbye(ssrc: number): Buffer {
  const bytes = Buffer.alloc(16);
  for (const [at, head, kind] of [
    [0, 0x80, type.receiverReport],
    [8, 0x81, type.goodbye],
  ] as const) {
    bytes[at] = head;
    bytes[at + 1] = kind;
    bytes.writeUInt16BE(1, at + 2);
    bytes.writeUInt32BE(ssrc, at + 4);
  }
  return bytes;
}

/** True if a compound packet says that its sender leaves (RFC 3550, section 6.6). */
export function saysGoodbye(bytes: Buffer): boolean {
  for (const { kind } of packets(bytes)) if (kind === type.goodbye) return true;
  return false;
}

/** The sender's clock in a sender report (RFC 3550, section 6.4.1). */
export interface SenderClock {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The same moment in the stream's RTP clock. */
  readonly timestamp: number;
  /** The middle 32 bits of the NTP timestamp, which a receiver report repeats. */
  readonly middle: number;
}

/** Reads the first sender report in a compound packet; null if it has none. */
export function readSenderClock(bytes: Buffer): SenderClock | null {
  for (const { kind, body } of packets(bytes)) {
    if (kind !== type.senderReport || body.length < 16) continue;
    const [seconds, fraction] = [body.readUInt32BE(4), body.readUInt32BE(8)];
    return {
      time: (seconds - 2_208_988_800) * 1_000 + (fraction / 2 ** 32) * 1_000,
      timestamp: body.readUInt32BE(12),
      middle: (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0,
    };
  }
  return null;
}

/** A receiver's counts of a stream. */
export interface ReceiverFacts {
  readonly ssrc: number;
  /** The highest sequence number, and how often the numbers have wrapped in the upper 16 bits. */
  readonly highest: number;
  /** Packets that are missing, in all. */
  readonly lost: number;
  /** {@link SenderClock.middle} of the last sender report; 0 without one. */
  readonly lastReport: number;
  /** Milliseconds since that report. */
  readonly since: number;
}

/** A receiver report about one stream (RFC 3550, section 6.4.2). Senders read from it that we are still there. */
export function receiverReport({ ssrc, highest, lost, lastReport, since }: ReceiverFacts): Buffer {
  const bytes = Buffer.alloc(32);
  bytes[0] = 0x81;
  bytes[1] = type.receiverReport;
  bytes.writeUInt16BE(7, 2);
  bytes.writeUInt32BE(1, 4); // our own SSRC, which sends nothing
  bytes.writeUInt32BE(ssrc, 8);
  bytes.writeUInt32BE(Math.min(lost, 0x7f_ff_ff), 12); // the share of lost packets, in the upper 8 bits, stays 0
  bytes.writeUInt32BE(highest >>> 0, 16);
  bytes.writeUInt32BE(lastReport, 24);
  if (lastReport !== 0) bytes.writeUInt32BE(Math.min(Math.round(since * 65.536), 0xff_ff_ff_ff), 28);
  return bytes;
}
