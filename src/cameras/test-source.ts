import type { FastifyReply } from 'fastify';
import { requestSignal } from '../http/requests.ts';
import type { TestResult } from '../domain/source-test.ts';
import type { Cameras } from './cameras.ts';

const timeoutMs = 15_000;

/**
 * Tests a source. The image is part of the result, so that nothing has to be stored.
 *
 * @param camera id of the camera whose stored source is meant if the given one is as shown, or empty
 */
export async function testSource(
  cameras: Cameras,
  reply: FastifyReply,
  source: string,
  camera: string | undefined,
): Promise<TestResult> {
  const signal = requestSignal(reply, timeoutMs);
  const result = await cameras.test(source, camera === undefined || camera === '' ? { signal } : { signal, camera });
  if (!result.ok) return { ok: false, problem: result.problem };
  const { width, height, fps, format, jpeg } = result;
  return { ok: true, width, height, fps, format, picture: `data:image/jpeg;base64,${jpeg.toString('base64')}` };
}
