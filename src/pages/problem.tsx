import { problemHeading } from '../domain/words.ts';
import type { ProblemModel } from './models.ts';
import { page } from './parts/document.tsx';
import { Mark } from './parts/icon.tsx';

/** A page that says what went wrong and where to go on. */
export function problem(model: ProblemModel): string {
  const { status, problem: shown } = model;
  const heading = status === 404 ? 'Nothing here' : status === 403 ? 'Not allowed' : problemHeading(shown.code);
  return page(model, {
    title: heading,
    name: 'problem',
    script: 'settings',
    chrome: model.user !== null || model.access === 'public',
    children: (
      <div class="empty">
        <Mark />
        <h1>{heading}</h1>
        <p>{shown.message}</p>
        <div class="form-actions">
          {status === 401 || (model.user === null && status === 403) ? (
            <a class="btn" href={`/login?next=${encodeURIComponent(model.path)}`}>
              Sign in
            </a>
          ) : (
            <a class="btn" href="/">
              Watch live
            </a>
          )}
        </div>
        <details class="more-detail">
          <summary>Details</summary>
          <code>
            {status} {shown.code}
            {shown.detail === undefined ? '' : ` · ${shown.detail}`}
          </code>
        </details>
      </div>
    ),
  });
}
