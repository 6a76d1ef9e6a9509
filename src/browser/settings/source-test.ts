import type { Problem } from '../../domain/errors.ts';
import type { TestResult } from '../../domain/source-test.ts';
import { sourceTestWords } from '../../text/source-test-words.ts';
import { find, setText } from '../lib/dom.ts';
import { askApi } from '../lib/post.ts';

/** Tests the source of a camera's form, and shows the result in `place`. */
export async function testSource(form: HTMLFormElement, place: HTMLElement): Promise<void> {
  place.replaceChildren();
  const fields = new FormData(form);
  const field = (name: string): string => {
    const value = fields.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const camera = field('camera');
  const asked = { source: field('source'), ...(camera === '' ? {} : { camera }) };
  const answer = await askApi<TestResult>('POST', '/api/cameras/test', asked);
  if (!answer.ok) showProblem(place, answer.problem);
  else if (!answer.value.ok) showProblem(place, answer.value.problem);
  else showPicture(place, answer.value);
  place.scrollIntoView({ block: 'nearest' });
}

function showPicture(place: HTMLElement, result: Extract<TestResult, { ok: true }>): void {
  const shown = fromTemplate('#test-works-template', place);
  const image = shown && find<HTMLImageElement>('img', shown);
  if (!image) return;
  image.width = result.width;
  image.height = result.height;
  image.src = result.picture;
  setText(find('.test-words', shown), sourceTestWords(result));
}

function showProblem(place: HTMLElement, { message, detail }: Problem): void {
  const shown = fromTemplate('#test-failed-template', place);
  if (shown === null) return;
  setText(find('.err-text', shown), message);
  if (detail === undefined) find('.more-detail', shown)?.remove();
  else setText(find('code', shown), detail);
}

/** Puts a copy of a template of the page into `place`. */
function fromTemplate(selector: string, place: HTMLElement): HTMLElement | null {
  const copy = find<HTMLTemplateElement>(selector)?.content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) return null;
  place.append(copy);
  return copy;
}
