import type { CameraState } from '../../src/domain/cameras/camera.ts';
import type { MultipartReader } from '../support/multipart-reader.ts';
import type { TestServer } from '../support/server.ts';
import { photoProblem, watch } from '../support/watching.ts';

/** What watching a camera leads to: a picture or a reason. */
export interface Outcome {
  /** `live` or `reconnecting`. */
  readonly state: CameraState;
  /** A viewer of its MJPEG stream. */
  readonly viewer: MultipartReader;
}

/** Watches a camera over MJPEG until it is live or has failed. The caller closes the viewer. */
export async function outcomeOf(server: TestServer, token: string, name: string): Promise<Outcome> {
  const camera = name.toLowerCase();
  const viewer = await watch(server, token, `/cameras/${camera}/stream.mjpeg`);
  for (;;) {
    // While the camera opens, there is a placeholder frame each second.
    if ((await viewer.next()) === null) throw new Error(`the stream of ${name} ended`);
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${server.url}/api/cameras/${camera}`, { headers });
    const { state } = (await response.json()) as { state: CameraState };
    if (state.kind === 'live' || state.kind === 'reconnecting') return { state, viewer };
  }
}

/** Why a camera cannot be shown. On a busy machine, more than one request may end before it is known. */
export async function problemOf(
  server: TestServer,
  token: string,
  name: string,
): Promise<Awaited<ReturnType<typeof photoProblem>>> {
  for (;;) {
    const problem = await photoProblem(server, token, name);
    if (problem.code !== 'camera_failed') return problem;
  }
}
