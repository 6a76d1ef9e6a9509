import { explainNetwork } from '../ffmpeg-errors.ts';
import type { ResolvedSource } from '../../channel/messages.ts';
import { LibavInput, type LibavInputOptions } from './libav-input.ts';
import { Relay } from './relay.ts';
import type { ReplyGuard } from './reply-guard.ts';
import { StreamSource } from './stream.ts';

/**
 * Opens a camera of the network by way of a {@link Relay}: FFmpeg itself connects to nothing else.
 *
 * @param guard makes what looks through the camera's replies
 * @throws {PortholeError} why it cannot be opened.
 */
export async function openNetwork(
  { source, addresses = [] }: ResolvedSource,
  guard: () => ReplyGuard,
  options: Pick<LibavInputOptions, 'format' | 'options'>,
): Promise<StreamSource> {
  if (source.kind !== 'rtsp' && source.kind !== 'http')
    throw new TypeError(`not a camera of the network: ${source.kind}`);
  const relay = await Relay.open({ url: source.url, addresses }, guard);
  try {
    const explain = (code: number) => relay.problem ?? explainNetwork(code);
    const input = await LibavInput.open({ ...options, url: relay.url, explain, probe: true });
    return new StreamSource(input, relay);
  } catch (error) {
    await relay.close();
    throw error;
  }
}
