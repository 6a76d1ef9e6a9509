import { m } from '#messages';
import { problemHeading } from '../text/words.ts';
import type { ProblemModel } from './models.ts';
import { page } from './parts/document.tsx';
import { Mark } from './parts/icon.tsx';
import { PreferencesMenu } from './parts/preferences.tsx';

/** An error page with a link that leads on. */
export function problem(model: ProblemModel): string {
  const { status, problem: shown } = model;
  const heading =
    status === 404 ? m.page_not_found() : status === 403 ? m.page_not_allowed() : problemHeading(shown.code);
  const chrome = model.user !== null || model.access === 'public';
  return page(model, {
    title: heading,
    name: 'problem',
    script: 'settings',
    chrome,
    children: (
      <div class="empty">
        {!chrome && <PreferencesMenu model={model} corner />}
        <Mark />
        <h1>{heading}</h1>
        <p>{shown.message}</p>
        {shown.code !== 'not_set_up' && <WayOn model={model} />}
        <details class="more-detail">
          <summary>{m.common_details()}</summary>
          <code>
            {status} {shown.code}
            {shown.detail === undefined ? '' : ` · ${shown.detail}`}
          </code>
        </details>
      </div>
    ),
  });
}

/** A link to sign-in if that may help, otherwise to the live page, where all cameras are. */
function WayOn({ model: { status, user, path, problem } }: { readonly model: ProblemModel }) {
  const signInHelps = status === 401 || (user === null && (status === 403 || status === 421));
  return (
    <div class="form-actions">
      {signInHelps ? (
        <a class="btn" href={`/login?next=${encodeURIComponent(path)}`}>
          {m.common_sign_in()}
        </a>
      ) : (
        <a class="btn" href="/">
          {problem.code === 'camera_not_found' ? m.grid_title() : m.page_watch()}
        </a>
      )}
    </div>
  );
}
