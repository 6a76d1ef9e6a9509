import { m } from '#messages';
import type { Problem } from '../../domain/errors.ts';
import type { TestProgress, TestResult } from '../../domain/cameras/source-test.ts';
import { sourceTestWords, substreamTestWords } from '../../text/source-test-words.ts';
import { find, setText } from '../lib/dom.ts';
import { askLines } from './ask-lines.ts';

/**
 * Tests the address of a camera's form, and shows progress and result in `place`. Several addresses may be tried in turn: a
 * button ends that, and so does leaving the page, or entering another address.
 */
export async function testSource(form: HTMLFormElement, place: HTMLElement): Promise<void> {
  place.replaceChildren();
  find('.question', form)?.remove();
  const stop = new AbortController();
  const progress = fromTemplate('#test-progress-template', place);
  const words = progress && find('.test-words', progress);
  const button = progress && find<HTMLButtonElement>('button', progress);
  if (progress !== null) progress.hidden = true;
  if (button) button.onclick = () => stop.abort();
  const changed = ({ target }: Event) => target instanceof Element && target.id !== 'name' && stop.abort();
  form.addEventListener('input', changed, { signal: stop.signal });
  const answer = await askLines<TestProgress | TestResult>('/settings/cameras/test', form, stop.signal, (line) => {
    if (!('trying' in line)) return;
    const { address, number, of } = line.trying;
    if (progress !== null) progress.hidden = false;
    setText(words, m.settings_search_trying({ address, number, total: of }));
  });
  place.replaceChildren();
  if (stop.signal.aborted) return;
  form.removeEventListener('input', changed);
  if (!answer.ok) showProblem(place, answer.problem);
  else if ('trying' in answer.value) return;
  else if (!answer.value.ok) showProblem(place, answer.value.problem);
  else {
    adoptAddress(form, answer.value.source);
    const field = find<HTMLInputElement>('input[name=substream]', form);
    if (field !== null && answer.value.substream !== undefined) field.value = answer.value.substream.source;
    await showPicture(place, answer.value);
  }
  // The picture and the button that adds the camera are in view together.
  find('.form-actions', form)?.scrollIntoView({ block: 'nearest' });
  place.scrollIntoView({ block: 'nearest' });
}

/** Writes the address that was found into the form. */
function adoptAddress(form: HTMLFormElement, source: string | undefined): void {
  const field = find<HTMLInputElement>('input[name=source]', form);
  const maker = find<HTMLSelectElement>('select[name=maker]', form);
  const path = find<HTMLInputElement>('input[name=path]', form);
  if (source === undefined || field === null || maker === null || path === null || field.value.trim() === source)
    return;
  field.value = source;
  maker.value = path.value = '';
  maker.dispatchEvent(new Event('change', { bubbles: true }));
}

async function showPicture(place: HTMLElement, result: Extract<TestResult, { ok: true }>): Promise<void> {
  const shown = fromTemplate('#test-works-template', place);
  const image = shown && find<HTMLImageElement>('img', shown);
  if (!image) return;
  image.width = result.width;
  image.height = result.height;
  image.src = result.picture;
  setText(find('.test-words', shown), sourceTestWords(result));
  const { substream } = result;
  const words = find('.test-substream', shown);
  if (substream?.ok === true) setText(words && find('span', words), substreamTestWords(substream));
  else words?.remove();
  if (substream?.ok === false) showProblem(place, { ...substream.problem, message: substreamTestWords(substream) });
  // Its height is known now.
  await image.decode().catch(() => undefined);
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
