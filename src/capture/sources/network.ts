import { explainNetwork, isRefusal } from '../ffmpeg-errors.ts';
import type { NetworkSource } from '../../domain/source-kinds.ts';
import type { ResolvedSource } from '../../domain/source.ts';
import { LibavInput, type LibavInputOptions } from './libav-input.ts';
import { Relay } from './relay.ts';
import type { ReplyGuard } from './reply-guard.ts';
import { StreamSource } from './stream.ts';

/** How FFmpeg opens a network camera. */
export interface NetworkOptions extends Pick<LibavInputOptions, 'format' | 'options' | 'probe'> {
  /** Options for a second attempt, if the camera rejects the first. */
  readonly orElse?: Readonly<Record<string, string>>;
}

/**
 * Opens a network camera through a {@link Relay}, which is the only thing that FFmpeg connects to.
 *
 * @param guard creates the filter for the camera's replies, once per connection
 * @throws {PortholeError} why the camera cannot be opened.
 */
export async function openNetwork(
  resolved: ResolvedSource<NetworkSource>,
  guard: () => ReplyGuard,
  { orElse, ...options }: NetworkOptions,
): Promise<StreamSource> {
  const { source, addresses = [] } = resolved;
  const relay = await Relay.open({ url: source.url, addresses }, guard);
  let refused = false;
  try {
    const explain = (code: number) => {
      refused = relay.problem === null && isRefusal(code);
      return relay.problem ?? explainNetwork(code);
    };
    const input = await LibavInput.open({ ...options, url: relay.url, explain });
    return new StreamSource(input, relay);
  } catch (error) {
    await relay.close();
    if (!refused || orElse === undefined) throw error;
    return openNetwork(resolved, guard, { ...options, options: { ...options.options, ...orElse } });
  }
}
