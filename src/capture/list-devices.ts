import { AV_PIX_FMT_NONE } from 'node-av/constants';
import { avGetPixFmtName, Device } from 'node-av/lib';
import type { FoundDevice } from '../channel/messages.ts';
import type { Mode } from '../domain/mode.ts';

/** Lists this machine's capture devices with their Modes, tells the server, and exits. */
async function main(): Promise<void> {
  const found: FoundDevice[] = [];
  for (const device of await Device.list().catch(() => [])) {
    if (device.type !== 'video') continue;
    const modes = await Device.modes(device.name).catch(() => []);
    found.push({
      node: device.name,
      name: device.description,
      modes: modes.map((mode): Mode => ({
        // A Mode without a pixel format is compressed; on webcams that is MJPEG.
        format: mode.pixelFormat === AV_PIX_FMT_NONE ? 'mjpeg' : (avGetPixFmtName(mode.pixelFormat) ?? 'unknown'),
        width: mode.width,
        height: mode.height,
        fps: mode.maxFrameRate,
      })),
    });
  }
  process.send?.(found, () => process.exit(0));
}

await main();
