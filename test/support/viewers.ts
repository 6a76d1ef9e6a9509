import { readMetrics } from './metrics.ts';
import type { TestServer } from './server.ts';

const renditions = ['source', '640', '480', '320'].flatMap((width) => [`jpeg-${width}`, `h264-${width}`]);

/** Counts the current viewers of the camera `front` on all transports. */
export async function viewerCounter(server: TestServer): Promise<() => Promise<number>> {
  const token = await server.token({ name: 'viewers' });
  return async () => {
    const metrics = await readMetrics(server.url, token);
    return renditions
      .map((rendition) => metrics.value('porthole_rendition_viewers', { camera: 'front', rendition }))
      .reduce((sum, each) => sum + each, 0);
  };
}
