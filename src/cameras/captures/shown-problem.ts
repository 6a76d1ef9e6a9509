import type { AddressHider } from '../../domain/cameras/hidden-address.ts';
import type { Problem } from '../../domain/errors.ts';
import { isSentence, replaceTexts } from '../../messages/sentence.ts';

/** A problem without the secrets of the source's address, which cameras repeat in their answers. */
export function shownProblem({ message, sentence: said, detail, ...problem }: Problem, hider: AddressHider): Problem {
  const { line, sentence } = hider;
  return {
    ...problem,
    message: sentence(message),
    ...(isSentence(said) ? { sentence: replaceTexts(said, sentence) } : {}),
    ...(detail === undefined ? {} : { detail: line(detail) }),
  };
}
