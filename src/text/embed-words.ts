import type { Problem } from '../domain/errors.ts';

/**
 * Why a frame in another site's page shows no camera, and what to do about it. Browsers send no cookies to such frames, so
 * nobody can sign in there.
 */
export function embedProblem(problem: Problem, hasToken: boolean): Problem {
  if (problem.code !== 'not_signed_in') return problem;
  const message = hasToken
    ? 'The token in the address of this frame is not valid. It has expired, or somebody revoked it. Create another one on the Connect page of this camera, and use the address shown there.'
    : 'This frame has no token in its address, and browsers do not send a sign-in to frames in other sites. Create a token on the Connect page of this camera, and use the address shown there.';
  return { ...problem, message };
}

/** Said about a token in the address of a frame that may do more than watch. */
export const embedTokenTooMighty =
  'The token of this frame may do everything that its user may, and everybody who opens this page can read it. Revoke it, and create one that only watches on the Connect page of this camera.';
