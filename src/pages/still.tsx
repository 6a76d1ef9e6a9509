import { renderToString } from 'preact-render-to-string';
import type { StillModel } from './models.ts';
import { Mark } from './parts/icon.tsx';

/** How often the picture is requested, in seconds. */
const interval = 4;

/** A picture that refreshes without scripts and, unlike a stream, needs no connection in between. */
export function still({ language, camera, style, picture }: StillModel): string {
  return (
    '<!doctype html>' +
    renderToString(
      <html lang={language}>
        <head>
          <meta charset="utf-8" />
          <title>{`${camera.name} · Porthole`}</title>
          <meta http-equiv="refresh" content={String(interval)} />
          <link rel="stylesheet" href={style} />
        </head>
        <body class="page-still">
          <main id="main">
            <h1 class="vh">{camera.name}</h1>
            {picture === null ? <Mark /> : <img src={picture} alt="" />}
          </main>
        </body>
      </html>,
    )
  );
}
