import { m } from '#messages';
import type { FoundNetworkCamera } from '../../../domain/cameras/found-network-camera.ts';
import type { ComponentChildren } from 'preact';
import { AddedAs } from './found-webcams.tsx';
import { Icon } from '../icon.tsx';

/** Properties of {@link NetworkCameraList}. */
export interface NetworkCameraListProps {
  /** Null before a search. */
  readonly found: readonly FoundNetworkCamera[] | null;
  /** The page that searches. */
  readonly search: string;
  /** The source in the form. */
  readonly source?: string;
  /** Another button next to the one that searches. */
  readonly children?: ComponentChildren;
}

/** Network cameras that have answered a search, and the button that searches. */
export function NetworkCameraList({ found, search, source, children }: NetworkCameraListProps) {
  return (
    <>
      {found !== null && found.length > 0 && (
        <ul class="rows">
          {found.map(({ address, name, model, camera }) => (
            <li key={address} class="webcam-row" data-chosen={address === source ? 'true' : undefined}>
              <div class="row-text">
                <b>{name}</b>
                <span>{model === '' || model === name ? address : `${model}, ${address}`}</span>
              </div>
              {camera !== null ? (
                <AddedAs camera={camera} />
              ) : address === source ? (
                <span class="tag">{m.settings_selected()}</span>
              ) : (
                <a
                  class="btn small ghost"
                  href={`/settings/cameras/new?${String(new URLSearchParams({ source: address, name }))}#by-address`}
                  aria-label={m.settings_choose_name({ name })}
                >
                  {m.settings_choose()}
                </a>
              )}
            </li>
          ))}
        </ul>
      )}
      {found !== null && found.length === 0 && (
        <p class="hint" role="status">
          {m.settings_network_none()}
        </p>
      )}
      <div class="form-actions">
        <a class="btn ghost" href={search} rel="nofollow">
          <Icon name={found === null ? 'search' : 'retry'} />
          {found === null ? m.settings_network_search() : m.settings_network_again()}
        </a>
        {children}
      </div>
    </>
  );
}
