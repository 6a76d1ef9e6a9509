import { createFile, MP4BoxBuffer } from 'mp4box';
import { expect, it } from 'vitest';
import { annexB } from '../h264/h264.ts';
import { audioFragment } from './audio.ts';
import { earlier } from './earlier.ts';
import { fragment, planFragment } from './video.ts';

const accessUnit = annexB([Buffer.from('65888401', 'hex')]);

/** The time of a fragment, as mp4box reads it. */
function timeOf(bytes: Buffer): number | undefined {
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0));
  file.flush();
  return file.moofs[0]?.trafs[0]?.tfdt.baseMediaDecodeTime;
}

it.each([
  ['video', fragment({ number: 1, start: 2 ** 40 + 5, duration: 3_000, keyframe: true }, planFragment(accessUnit))],
  ['AAC', audioFragment('aac', { number: 1, start: 2 ** 40 + 5 }, Buffer.from('audio'))],
  ['Opus', audioFragment('opus', { number: 1, start: 2 ** 40 + 5 }, Buffer.from('audio'))],
])('a fragment of %s begins earlier, and its original stays as it is', (_, original) => {
  const before = Buffer.from(original);
  const moved = earlier(original, 2 ** 40);
  expect([timeOf(moved), timeOf(original)]).toEqual([5, 2 ** 40 + 5]);
  expect(original).toEqual(before);
  // Nothing else differs.
  expect(earlier(moved, 5 - 5).subarray(68)).toEqual(original.subarray(68));
});
