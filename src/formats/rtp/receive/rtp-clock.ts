import { ticksBetween } from './incoming-packet.ts';

/** A frame captured longer ago than this has a timestamp that cannot be right, in milliseconds. */
const longestDelay = 1_000;
/** How far the sender's clock may be ahead of ours, in milliseconds. */
const ahead = 20;
/** How fast the mapping adapts to later arrivals, in milliseconds per millisecond: no clock drifts faster. */
const drift = 0.0005;
/** How fast the times change to those of the camera's clock, in milliseconds per millisecond: nobody sees it. */
const slew = 0.05;
/** The mapping starts over at a timestamp that jumps. After this many times, arrival alone counts, */
const mostJumps = 3;
/** unless so much time is between two of them, in milliseconds: networks stall, and clocks are set. */
const calm = 60_000;

/**
 * Maps the RTP timestamps of one track to the clock of this machine: to capture times if the camera's own clock
 * (sender reports, RFC 3550, section 6.4.1) is close to ours, else to the time of the quickest packets. Timestamps that
 * jump or do not advance are ignored after a while, and frames count as captured on arrival.
 */
export class RtpClock {
  /** Ticks per millisecond. */
  readonly #rate: number;
  /** The latest frame: its timestamp, its media time since the first one, and the capture time that was returned. */
  #timestamp: number | null = null;
  #media = 0;
  #captured = -Infinity;
  /** Arrival minus media time, of the quickest packets. */
  #offset = 0;
  /** Added for the camera's own clock, in milliseconds. */
  #shift = 0;
  #jumps = 0;
  /** The arrival of the frame that jumped last. */
  #jumpedAt = -Infinity;
  /** The latest sender report: a moment of our clock and the media time then. */
  #report: { readonly at: number; readonly timestamp: number } | null = null;

  /** @param rate ticks of the track's clock per second */
  constructor(rate: number) {
    this.#rate = rate / 1_000;
  }

  /**
   * Notes a sender report.
   *
   * @param at the moment that it names, in milliseconds of our clock
   * @param timestamp the same moment in RTP's clock
   */
  report(at: number, timestamp: number): void {
    this.#report = { at, timestamp };
  }

  /** When a frame was captured, in milliseconds of the clock of `arrival`; later than every earlier frame. */
  at(timestamp: number, arrival: number): number {
    const mapped = this.#jumps > mostJumps ? arrival : this.#map(timestamp, arrival);
    // Viewers need times that increase.
    this.#captured = mapped > this.#captured ? mapped : this.#captured + 0.1;
    return this.#captured;
  }

  #map(timestamp: number, arrival: number): number {
    if (this.#timestamp === null) return this.#start(timestamp, arrival);
    const step = ticksBetween(this.#timestamp, timestamp) / this.#rate;
    this.#timestamp = timestamp;
    this.#media += step;
    this.#offset += Math.abs(step) * drift;
    const offset = arrival - this.#media;
    if (step <= 0 || offset - this.#offset > longestDelay || this.#offset - offset > longestDelay) {
      this.#jumps = arrival - this.#jumpedAt > calm ? 1 : this.#jumps + 1;
      this.#jumpedAt = arrival;
      return this.#start(timestamp, arrival);
    }
    this.#offset = Math.min(this.#offset, offset);
    const mapped = this.#media + this.#offset;
    const wanted = (this.#reported(timestamp, arrival) ?? mapped) - mapped;
    const most = step * slew;
    this.#shift += Math.min(Math.max(wanted - this.#shift, -most), most);
    return Math.min(mapped + this.#shift, arrival);
  }

  #start(timestamp: number, arrival: number): number {
    this.#timestamp = timestamp;
    this.#media = 0;
    this.#offset = arrival;
    const captured = this.#reported(timestamp, arrival) ?? arrival;
    this.#shift = captured - arrival;
    return captured;
  }

  /** The capture time by the camera's own clock; null if that cannot be right. */
  #reported(timestamp: number, arrival: number): number | null {
    if (this.#report === null) return null;
    const captured = this.#report.at + ticksBetween(this.#report.timestamp, timestamp) / this.#rate;
    const isSane = captured < arrival + ahead && captured > arrival - longestDelay;
    return isSane ? Math.min(captured, arrival) : null;
  }
}
