import type { Socket } from 'node:net';
import { explainNetwork } from '../ffmpeg-errors.ts';
import type { NetworkSource } from '../../domain/cameras/source-kinds.ts';
import type { ResolvedSource } from '../../domain/cameras/source.ts';
import { LibavInput, type LibavInputOptions } from './libav-input.ts';
import { Relay, type Join } from './relay.ts';
import { StreamSource } from './stream.ts';

/** How FFmpeg opens a network camera. */
export type NetworkOptions = Pick<LibavInputOptions, 'format' | 'options' | 'longProbe' | 'probe'> & {
  /** A connection to the camera; a new one if left out. */
  readonly ready?: Socket | undefined;
};

/**
 * Opens a network camera through a {@link Relay}, which is the only thing that FFmpeg connects to.
 *
 * @param join connects FFmpeg to the camera, once per connection
 * @throws {PortholeError} why the camera cannot be opened.
 */
export async function openNetwork(
  resolved: ResolvedSource<NetworkSource>,
  join: Join,
  { ready, ...options }: NetworkOptions,
): Promise<StreamSource> {
  const { source, addresses = [] } = resolved;
  const relay = await Relay.open({ url: source.url, addresses }, join, ready);
  try {
    const explain = (code: number) => relay.problem ?? explainNetwork(code);
    const input = await LibavInput.open({ ...options, url: relay.url, explain });
    return new StreamSource(input, relay, { rateIsGuessed: options.probe });
  } catch (error) {
    await relay.close();
    throw relay.problem ?? error;
  }
}
