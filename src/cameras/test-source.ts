import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CameraAddress } from '../domain/cameras/camera-address.ts';
import { asPortholeError } from '../domain/errors.ts';
import type { TestProgress, TestResult } from '../domain/cameras/source-test.ts';
import { languageOf } from '../http/preferences/language.ts';
import { requestSignal } from '../http/requests.ts';
import { spoken } from '../text/spoken.ts';
import type { Cameras } from './cameras.ts';
import type { ProbeResult } from './captures/source-probe.ts';
import { searchLimit } from './sources/address-search.ts';

/** What to test: an address, and the id of the camera whose stored source is meant if the given one is as shown, or empty. */
export type TestedAddress = CameraAddress & {
  readonly camera?: string | undefined;
  readonly substream?: string | undefined;
};

const progressType = 'application/x-ndjson';

/** Tests the address of a camera. The image is part of the result, so that nothing has to be stored. */
export async function testSource(
  cameras: Cameras,
  reply: FastifyReply,
  { camera, substream, ...address }: TestedAddress,
  onTry?: (trying: TestProgress['trying']) => void,
): Promise<TestResult> {
  const result = await cameras.testAddress(address, {
    signal: requestSignal(reply, searchLimit),
    camera: camera === '' ? undefined : camera,
    substream,
    onTry,
  });
  if (!result.ok) return { ok: false, problem: result.problem };
  const { jpeg, source, substream: its } = result;
  return {
    ...videoOf(result),
    source,
    picture: `data:image/jpeg;base64,${jpeg.toString('base64')}`,
    ...(its === undefined ? {} : { substream: { source: its.source, ...(its.ok ? videoOf(its) : its) } }),
  };
}

function videoOf({ claimedFps, width, height, fps, format }: Extract<ProbeResult, { ok: true }>) {
  return { ok: true, width, height, fps, format, ...(claimedFps === null ? {} : { claimedFps }) } as const;
}

/** True for a client that wants to know which address is tried, a line of JSON each. */
export function wantsProgress(request: FastifyRequest): boolean {
  return request.headers.accept?.includes(progressType) === true;
}

/** Sends the progress of a test and then its result, a line of JSON each. */
export function sendProgress(cameras: Cameras, reply: FastifyReply, address: TestedAddress): FastifyReply {
  const stream = new Readable({ read: () => undefined });
  const language = languageOf(reply.request);
  const write = (line: TestProgress | TestResult): void =>
    void stream.push(`${JSON.stringify(spoken(line, language))}\n`);
  void testSource(cameras, reply, address, (trying) => write({ trying }))
    .catch((error: unknown): TestResult => ({ ok: false, problem: asPortholeError(error).toJSON() }))
    .then((result) => {
      write(result);
      stream.push(null);
    });
  return reply.header('cache-control', 'no-store').type(progressType).send(stream);
}
