import pLimit from 'p-limit';
import { Type } from 'typebox';
import type { App } from '../../http/kernel.ts';
import { page } from '../../http/security/policy.ts';
import { requestSignal } from '../../http/requests.ts';
import type { Cameras } from '../cameras.ts';

const Query = Type.Object({ path: Type.String({ maxLength: 300 }) });
/** How long a webcam may take, in milliseconds. */
const limit = 15_000;

/** An image of a webcam that is no camera yet, for its thumbnail; an empty answer if there is none now. */
export function registerWebcamPicture(app: App, cameras: Cameras): void {
  // A device delivers to one program at a time, and each image takes a process.
  const oneByOne = pLimit(1);
  app.get(
    '/settings/webcams/picture.jpg',
    { ...page('admin'), schema: { querystring: Query } },
    async (request, reply) => {
      const { path } = request.query;
      const signal = requestSignal(reply, limit);
      const { webcams } = await cameras.foundWebcams();
      const isFree = webcams.some(
        ({ device, camera, usedBy }) => device.path === path && camera === null && usedBy === null,
      );
      // The list says why there is no image: the webcam is gone, in use, or a camera by now.
      const result = isFree ? await oneByOne(() => cameras.test(path, { signal })) : null;
      if (result?.ok !== true) return reply.code(204).send();
      return reply.header('cache-control', 'no-store').type('image/jpeg').send(result.jpeg);
    },
  );
}
