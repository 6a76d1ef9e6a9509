import { openMultipart } from '../support/multipart-reader.ts';
import { type Attack, type Target } from './target.ts';

/** How long a camera is watched, in milliseconds. */
const watched = 2_500;
/** Cameras that are watched at once. */
const together = 3;

/** Cameras whose bytes have mistakes, watched in several formats. */
export function brokenCameras(target: Target): Attack {
  return {
    name: 'cameras',
    async step(step) {
      const { random } = step;
      const headers = target.headersOf('admin');
      const ids: string[] = [];
      for (let at = 0; at < together; at += 1) {
        const source = target.cameras.url(random.pick(['http', 'rtsp']), `camera-${random.below(2 ** 31)}`);
        step.note(source);
        const body = JSON.stringify({ name: `Broken ${random.below(2 ** 31)}`, source, enabled: true });
        const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
        const added = await target.request('/api/cameras', init, step);
        if (added.status === 200 || added.status === 201) ids.push((JSON.parse(added.text) as { id: string }).id);
        else if (added.status !== 401) step.answered(599, `a camera could not be added: ${added.status} ${added.text}`);
      }
      await Promise.all(
        ids.map(async (id) => {
          const url = `${target.server.url}/cameras/${encodeURIComponent(id)}`;
          const path = random.pick([
            'stream.mjpeg',
            'stream.mjpeg?width=160',
            'live.mp4',
            'index.m3u8',
            'live.mp4?width=160',
          ]);
          const reader = await openMultipart(`${url}/${path}`, { headers: target.headersOf('viewer') });
          step.answered(reader.status);
          const photo = target.request(
            `/api/cameras/${encodeURIComponent(id)}/photos`,
            { method: 'POST', headers },
            step,
          );
          await new Promise((resolve) => setTimeout(resolve, watched));
          reader.close();
          await photo;
          await target.request(`/api/cameras/${encodeURIComponent(id)}`, { method: 'DELETE', headers }, step);
        }),
      );
    },
  };
}
