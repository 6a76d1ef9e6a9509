import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseSource, type Source } from '../../domain/cameras/source.ts';
import { PortholeError } from '../../domain/errors.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { explainProblem } from './explain.ts';

it.each([
  ['Porthole itself', 'exec sleep 60 < "$0"', /^Porthole itself has this webcam open/],
  ['another program', 'sleep 60 < "$0" & wait', /^The camera is in use by sleep \(pid \d+\)/],
])('a webcam that %s has open is not available for that reason', async (_who, script, message) => {
  await using folder = await temporaryFolder();
  const device = join(folder.path, 'video0');
  await writeFile(device, '');
  const source = { ...parseSource('/dev/video0'), path: device } as Source;
  const child = spawn('sh', ['-c', script, device], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  try {
    const busy = new PortholeError('camera_busy').toJSON();
    await expect.poll(async () => (await explainProblem(source, busy)).message).toMatch(message);
  } finally {
    process.kill(-(child.pid ?? 0));
  }
});
