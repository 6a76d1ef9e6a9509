// The thread that asks one ONVIF device for its streams. The package `onvif` reads what the device sends without limits, so
// this thread has one for memory, and the server ends it when it takes too long.
import { parentPort, workerData } from 'node:worker_threads';
import { called, connectedDevice, textOf } from './onvif-device.ts';
import type { OnvifOrder, OnvifReply, OnvifStream } from './onvif-messages.ts';

/** More profiles than this are not looked at. */
const mostProfiles = 12;

const order = workerData as OnvifOrder;
parentPort?.postMessage(await ask(order).catch((error: unknown): OnvifReply => ({ ok: false, detail: textOf(error) })));

async function ask(each: OnvifOrder): Promise<OnvifReply> {
  const camera = await connectedDevice(each);
  const profiles = (camera.profiles as readonly unknown[] | undefined) ?? [];
  const streams: OnvifStream[] = [];
  const failures: Error[] = [];
  for (const profile of profiles.slice(0, mostProfiles)) {
    const { $, videoEncoderConfiguration: video } = profile as {
      readonly $?: { readonly token?: unknown };
      readonly videoEncoderConfiguration?: { readonly resolution?: { readonly width?: unknown } };
    };
    const token = $?.token;
    if (typeof token !== 'string' || video === undefined) continue;
    const reply = await called<{ readonly uri?: unknown }>((callback) =>
      camera.getStreamUri({ protocol: 'RTSP', stream: 'RTP-Unicast', profileToken: token }, callback),
    ).catch((error: Error) => {
      // A profile that is not set up has no stream, but others have.
      failures.push(error);
      return undefined;
    });
    const width = Number(video.resolution?.width);
    if (typeof reply?.uri === 'string') streams.push({ uri: reply.uri, width: Number.isFinite(width) ? width : 0 });
  }
  const [failure] = failures;
  if (streams.length === 0 && failure !== undefined) throw failure;
  return { ok: true, streams };
}
