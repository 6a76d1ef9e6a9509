import { expect, it } from 'vitest';
import { plainJpeg } from '../../../test/support/plain-jpeg.ts';
import { HttpClient } from './http-client.ts';
import { HttpImages } from './http-images.ts';

it('an image that is cut off arrives without its bytes, so that nobody looks for its end again', async () => {
  const jpeg = plainJpeg(64, 48);
  const cut = jpeg.subarray(0, -20);
  const part = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from('--b\r\nContent-Type: image/jpeg\r\n\r\n'), bytes]);
  const parts = Buffer.concat([jpeg, cut, jpeg.subarray(0, -2), jpeg].map(part));
  async function* body(): AsyncGenerator<Buffer> {
    yield parts;
  }
  const reply = {
    type: 'multipart/x-mixed-replace; boundary=b',
    start: parts,
    body: body(),
    detach: () => null,
    close: () => undefined,
  };
  const images = HttpImages.open(new HttpClient({ url: 'http://camera/', addresses: [] }), reply, 250);
  const arrived: (Buffer | null)[] = [];
  for (let count = 0; count < 4; count += 1) arrived.push((await images.next()).bytes);
  expect(arrived).toEqual([jpeg, null, jpeg, jpeg]);
  images.close();
});
