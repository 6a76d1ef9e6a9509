import { type CameraAddress, readAddress, withLogin } from '../../domain/cameras/camera-address.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { type Problem, type ProblemCode, problemError } from '../../domain/errors.ts';
import type { Cameras } from '../cameras.ts';

/** What adding a camera came to. */
export type Addition =
  | { readonly kind: 'added'; readonly camera: CameraInfo; /** True if a picture was seen. */ readonly works: boolean }
  /** It shows no picture, and is added only if somebody wants that. */
  | { readonly kind: 'question'; readonly problem: Problem };

/** These are mistakes, not cameras without a picture. */
const mistakes: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'invalid_input',
  'source_invalid',
  'source_address_refused',
]);

/**
 * Adds a camera that shows a picture.
 *
 * @param wanted.anyway true to add it without a test
 * @throws {PortholeError} a mistake in the input, or why no address of a host works if there is none to add.
 */
export async function addCamera(
  cameras: Pick<Cameras, 'add' | 'checkName' | 'hasWorked' | 'testAddress'>,
  wanted: {
    readonly name: string;
    readonly address: CameraAddress;
    /** As entered; empty to use the one that is found, if any. */
    readonly substream: string;
    readonly anyway: boolean;
  },
  signal: AbortSignal,
): Promise<Addition> {
  const { name, address, substream, anyway } = wanted;
  // Before a test, which may take a while.
  cameras.checkName(name);
  const read = readAddress(address);
  const { user = '', password = '', maker = '', path = '' } = address;
  const likeliest = read.kind === 'source' ? read.source : withLogin(read.addresses[0] ?? '', user, password);
  if (anyway) return { kind: 'added', camera: await cameras.add({ name, source: likeliest, substream }), works: false };
  if (read.kind === 'source' && cameras.hasWorked(read.source)) {
    return { kind: 'added', camera: await cameras.add({ name, source: read.source, substream }), works: true };
  }
  const result = await cameras.testAddress(address, { signal, substream });
  if (result.ok) {
    const source = read.kind === 'source' ? read.source : withLogin(result.source, user, password);
    const its = result.substream;
    if (its?.ok === false) throw problemError(its.problem);
    return { kind: 'added', camera: await cameras.add({ name, source, substream: its?.source ?? null }), works: true };
  }
  // Of an unknown camera, no address is likelier than others.
  const isUnknown = read.kind === 'host' && maker === '' && path === '' && read.addresses.length > 2;
  if (isUnknown || mistakes.has(result.problem.code)) throw problemError(result.problem);
  return { kind: 'question', problem: result.problem };
}
