import {
  AV_CHANNEL_ORDER_NATIVE,
  AV_CODEC_ID_PCM_S16LE,
  AV_SAMPLE_FMT_S16,
  AVMEDIA_TYPE_AUDIO,
} from 'node-av/constants';
import { CodecParameters, Packet } from 'node-av/lib';
import { expect, it } from 'vitest';
import type { Frame } from '../../domain/media/frame.ts';
import { Audio } from './audio.ts';

const rate = 48_000;

function mono(): CodecParameters {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_AUDIO;
  parameters.codecId = AV_CODEC_ID_PCM_S16LE;
  parameters.sampleRate = rate;
  parameters.format = AV_SAMPLE_FMT_S16;
  parameters.channelLayout = { nbChannels: 1, order: AV_CHANNEL_ORDER_NATIVE, mask: 4n };
  return parameters;
}

/** Sends one second of audio in packets of 20 ms, starting at `begin` (ms). */
function playSecond(audio: Audio, parameters: CodecParameters, begin: number): void {
  using packet = new Packet();
  for (let at = 0; at < 1_000; at += 20) {
    packet.alloc();
    packet.data = Buffer.alloc((rate / 50) * 2, at % 251);
    audio.take({ packet, parameters, time: begin + at, exact: true });
    packet.unref();
  }
}

it.each(['aac', 'opus'] as const)('does not fill a pause of an hour with an hour of silence: %s', (codec) => {
  const frames: Frame[] = [];
  using audio = new Audio({
    frame: (_, frame) => frames.push(frame),
    warn: (text) => {
      throw new Error(text);
    },
  });
  audio.want([{ id: 1, codec, width: 'source' } as never]);
  const parameters = mono();
  playSecond(audio, parameters, 10_000);
  const before = frames.length;
  expect(before).toBeGreaterThan(30);
  const hour = 3_600_000;
  playSecond(audio, parameters, 10_000 + hour);
  expect(frames.length).toBeLessThan(before * 2 + 5);
  const last = frames.at(-1)?.capturedAt ?? 0;
  expect(last).toBeGreaterThan(hour + 10_900);
  expect(last).toBeLessThan(hour + 11_100);
  // Audio that follows the pause was captured after it.
  const gap = frames.findIndex(({ capturedAt }, at) => capturedAt - (frames[at - 1]?.capturedAt ?? capturedAt) > 1_000);
  expect(frames[gap]?.capturedAt).toBeGreaterThan(hour + 9_900);
});
