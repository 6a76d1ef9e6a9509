import { m } from '#messages';
import { h } from 'preact';
import { problemHeading } from '../text/words.ts';
import type { EmbedModel } from './models.ts';
import { page } from './parts/document.tsx';
import { Mark } from './parts/icon.tsx';

/** The player alone, for frames in pages of other sites; or why it shows nothing. */
export function embed(model: EmbedModel): string {
  const { camera, token, width, problem } = model;
  if (camera === null) {
    const heading =
      problem === null || problem.code === 'not_signed_in' ? m.connect_no_access() : problemHeading(problem.code);
    return page(model, {
      title: heading,
      name: 'embed',
      chrome: false,
      children: (
        <div class="empty">
          <Mark />
          <h1>{heading}</h1>
          <p>{problem?.message}</p>
        </div>
      ),
    });
  }
  const query = [...(width === 'source' ? [] : [`width=${width}`]), ...(token === null ? [] : [`token=${token}`])];
  const stream = [`/cameras/${encodeURIComponent(camera.id)}/stream.mjpeg`, query.join('&')].filter(
    (part) => part !== '',
  );
  return page(model, {
    title: camera.name,
    name: 'embed',
    script: 'player',
    chrome: false,
    children: (
      <>
        <h1 class="vh">{camera.name}</h1>
        {h(
          'porthole-player',
          { camera: camera.id, label: camera.name, token, width: width === 'source' ? null : width, controls: true },
          <noscript>
            <img class="feed" src={stream.join('?')} alt={m.connect_live({ camera: camera.name })} />
          </noscript>,
        )}
      </>
    ),
  });
}
