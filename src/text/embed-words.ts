import { m } from '#messages';
import type { Problem } from '../domain/errors.ts';
import type { Language } from '../messages/language.ts';

/**
 * Why a frame in another site's page shows no camera, and what to do about it. Browsers send no cookies to such frames, so
 * nobody can sign in there.
 */
export function embedProblem(problem: Problem, hasToken: boolean, language: Language): Problem {
  if (problem.code !== 'not_signed_in') return problem;
  const options = { locale: language };
  const message = hasToken ? m.connect_frame_bad_token({}, options) : m.connect_frame_no_token({}, options);
  return { ...problem, message };
}
