import { explainNetwork, isRefusal } from '../ffmpeg-errors.ts';
import type { ResolvedSource } from '../../channel/messages.ts';
import { LibavInput, type LibavInputOptions } from './libav-input.ts';
import { Relay } from './relay.ts';
import type { ReplyGuard } from './reply-guard.ts';
import { StreamSource } from './stream.ts';

/** How FFmpeg is told to open a camera of the network. */
export interface NetworkOptions extends Pick<LibavInputOptions, 'format' | 'options'> {
  /** What takes the place of some of the options when the camera refuses what they ask for. */
  readonly orElse?: Readonly<Record<string, string>>;
}

/**
 * Opens a camera of the network by way of a {@link Relay}: FFmpeg itself connects to nothing else.
 *
 * @param guard makes what looks through the camera's replies
 * @throws {PortholeError} why it cannot be opened.
 */
export async function openNetwork(
  resolved: ResolvedSource,
  guard: () => ReplyGuard,
  { orElse, ...options }: NetworkOptions,
): Promise<StreamSource> {
  const { source, addresses = [] } = resolved;
  if (source.kind !== 'rtsp' && source.kind !== 'http')
    throw new TypeError(`not a camera of the network: ${source.kind}`);
  const relay = await Relay.open({ url: source.url, addresses }, guard);
  let refused = false;
  try {
    const explain = (code: number) => {
      refused = relay.problem === null && isRefusal(code);
      return relay.problem ?? explainNetwork(code);
    };
    const input = await LibavInput.open({ ...options, url: relay.url, explain, probe: true });
    return new StreamSource(input, relay);
  } catch (error) {
    await relay.close();
    if (!refused || orElse === undefined) throw error;
    return openNetwork(resolved, guard, { ...options, options: { ...options.options, ...orElse } });
  }
}
