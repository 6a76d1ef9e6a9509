import { appendFile, chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DeviceWatch } from './device-watch.ts';

async function watched(options: { readonly poll?: number; readonly missing?: boolean } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-dev-'));
  if (options.missing === true) await rm(folder, { recursive: true });
  const counted = { changes: 0 };
  const watch = DeviceWatch.start(() => (counted.changes += 1), { folder, debounce: 40, poll: options.poll ?? 60_000 });
  const told = async (count: number): Promise<void> => {
    await expect.poll(() => counted.changes, { timeout: 5_000, interval: 10 }).toBe(count);
  };
  return {
    folder,
    counted,
    told,
    async [Symbol.asyncDispose]() {
      watch.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe('a device that comes or goes', () => {
  it('is reported once, however many nodes and links it has', async () => {
    await using test = await watched();
    await writeFile(join(test.folder, 'video0'), '');
    await writeFile(join(test.folder, 'video1'), '');
    await mkdir(join(test.folder, 'v4l/by-id'), { recursive: true });
    await test.told(1);
    await delay(100);
    expect(test.counted.changes).toBe(1);
    // The folder of links is new, and is watched by now.
    await symlink('../../video0', join(test.folder, 'v4l/by-id/usb-webcam'));
    await test.told(2);
    await rm(join(test.folder, 'video0'));
    await test.told(3);
  });

  it('is reported when it becomes accessible, and not when something is written to it', async () => {
    await using test = await watched();
    const node = join(test.folder, 'video0');
    await writeFile(node, '', { mode: 0o600 });
    await test.told(1);
    for (let count = 0; count < 20; count += 1) {
      await appendFile(node, 'picture');
      await delay(10);
    }
    await delay(1_300);
    expect(test.counted.changes).toBe(1);
    await chmod(node, 0o660);
    await test.told(2);
  });

  it('is not reported when other devices change', async () => {
    await using test = await watched();
    await writeFile(join(test.folder, 'null'), 'x');
    await writeFile(join(test.folder, 'videoconsole'), 'x');
    await delay(150);
    expect(test.counted.changes).toBe(0);
  });

  it('is reported by polling if the folder cannot be watched or has too many events', async () => {
    await using missing = await watched({ missing: true, poll: 30 });
    await delay(60);
    await mkdir(missing.folder);
    await writeFile(join(missing.folder, 'video0'), '');
    await missing.told(1);

    await using busy = await watched({ poll: 30 });
    for (let count = 0; count < 1_200; count += 1) await writeFile(join(busy.folder, 'null'), 'x');
    await delay(100);
    await writeFile(join(busy.folder, 'video0'), '');
    await busy.told(1);
  });
});
