import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { goodbye, senderReport } from '../../formats/rtp/rtcp.ts';
import { RtspTrack, trackOf } from './rtsp-track.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function framed(channel: number, packet: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x24, channel, 0, packet.length]), packet]);
}

function rtp(type: number, channel = 0): Buffer {
  const packet = Buffer.alloc(20);
  [packet[0], packet[1]] = [0x80, type];
  return framed(channel, packet);
}

const unknown = { rate: null, channels: 1, parameters: new Map(), fps: null };

function track(type: 'video' | 'audio', channels: readonly number[], payloadTypes: readonly number[]) {
  const write = vi.fn();
  const ended = vi.fn();
  const described = { type, urls: [], encoding: '', payloadTypes, ...unknown };
  const options = { url: '', channels, udp: null, write, heard: () => undefined, ended };
  return { track: new RtspTrack(described, options), write, ended };
}

describe('trackOf', () => {
  const video = () => track('video', [0, 1], [96]).track;
  const audio = (channels = [2, 3]) => track('audio', channels, [8]).track;

  it('finds the track by its channel', () => {
    const tracks = [video(), audio()];
    expect(trackOf(tracks, 2, rtp(8))).toBe(tracks[1]);
    expect(trackOf(tracks, 0, rtp(97))).toBe(tracks[0]);
  });

  it('finds the track by its payload type if both have one channel', () => {
    const tracks = [video(), audio([0, 1])];
    expect(trackOf(tracks, 0, rtp(8))).toBe(tracks[1]);
    expect(trackOf(tracks, 0, rtp(96))).toBe(tracks[0]);
  });

  it('follows a track to another channel while none of its packets has come on its own', () => {
    const tracks = [video(), audio()];
    expect(trackOf(tracks, 6, rtp(107))).toBeNull();
    expect(trackOf(tracks, 6, rtp(96))).toBe(tracks[0]);
    expect(trackOf(tracks, 6, rtp(97))).toBe(tracks[0]);
    tracks[1]?.takeInterleaved(rtp(8));
    expect(trackOf(tracks, 7, rtp(8))).toBeNull();
  });
});

describe('RtspTrack', () => {
  it('corrects the payload type of a camera that describes another one', () => {
    const { track: video, write } = track('video', [0, 1], [96]);
    video.takeInterleaved(rtp(0x80 | 99));
    video.takeInterleaved(rtp(50));
    expect(write.mock.calls.map(([, bytes]) => (bytes as Buffer)[5])).toEqual([0x80 | 96, 50]);
  });

  it('leaves other payload types alone once the described one has come', () => {
    const { track: video, write } = track('video', [0, 1], [96]);
    for (const type of [107, 96, 107, 96]) video.takeInterleaved(rtp(type));
    expect(write.mock.calls.slice(1).map(([, bytes]) => (bytes as Buffer)[5])).toEqual([96, 107, 96]);
  });

  it('keeps RTP and RTCP apart that come on one channel', () => {
    const { track: video, write } = track('video', [0, 0], [96]);
    video.takeInterleaved(rtp(96));
    video.takeInterleaved(
      framed(0, senderReport({ ssrc: 1, cname: 'x', now: 0n, timestamp: 0, packets: 1, bytes: 1 })),
    );
    expect(write.mock.calls.map(([part]) => part as number)).toEqual([0, 1]);
  });

  it('ends a second after a goodbye, unless packets follow', () => {
    const { track: video, write, ended } = track('video', [0, 1], [96]);
    video.takeInterleaved(framed(1, goodbye(1)));
    vi.advanceTimersByTime(900);
    video.takeInterleaved(rtp(96));
    vi.advanceTimersByTime(5_000);
    expect(ended).not.toHaveBeenCalled();
    video.takeInterleaved(framed(1, goodbye(1)));
    vi.advanceTimersByTime(1_100);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(write).toHaveBeenCalledTimes(1);
  });
});
