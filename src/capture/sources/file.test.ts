import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { nalUnits } from '../../formats/h264/h264.ts';
import { openFile } from './file.ts';

it('a file of H.264 without a container plays in a loop', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'clip.h264');
  const media = new URL('../../../test/odd-cameras/media/base.h264', import.meta.url);
  const units = nalUnits(await readFile(media));
  const frames = units.flatMap(({ type }, at) => (type === 1 || type === 5 ? [at] : []));
  const clip = units.slice(0, (frames[4] ?? 0) + 1).flatMap(({ bytes }) => [Buffer.from([0, 0, 0, 1]), bytes]);
  await writeFile(path, Buffer.concat(clip));
  const source = await openFile({ source: { kind: 'file', path } });
  for (let count = 0; count < 12; count += 1) {
    const captured = await source.read();
    if (captured.kind === 'packet') captured.packet.free();
  }
  await source.close();
  await expect(source.read()).rejects.toMatchObject({ code: 'source_ended' });
});
