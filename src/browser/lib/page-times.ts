import { type TimeForm, Times } from '../../text/times.ts';
import { find, findAll } from './dom.ts';

const root = document.documentElement;
const yearSeconds = 365 * 86_400;

/** The times of this page, as its server and this script write them. */
export function pageTimes(): Times {
  const { locale = 'en-GB', zone, serverZone = 'UTC' } = root.dataset;
  return new Times({ locale, zone: zone ?? null, serverZone });
}

/** Shows a time (ms since the epoch) in an element, and the server's time on hover. */
export function setTime(element: HTMLTimeElement, at: number, form: TimeForm, now = Date.now()): void {
  const times = pageTimes();
  const text = times.write(at, form, now);
  if (element.lastChild?.nodeType === Node.TEXT_NODE && element.lastChild.nodeValue === text) return;
  if (element.lastChild?.nodeType === Node.TEXT_NODE) element.lastChild.nodeValue = text;
  else element.append(text);
  element.dateTime = new Date(at).toISOString();
  element.dataset.form = form;
  element.title = times.atServer(at);
}

/**
 * Tells the server the browser's time zone for the next pages, and corrects the times of this one, if the server did not
 * know it or knew another.
 */
export function followTimeZone(): void {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone === root.dataset.zone) return;
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  const known = document.cookie;
  document.cookie = `porthole_zone=${encodeURIComponent(zone)}; Path=/; Max-Age=${yearSeconds}; SameSite=Lax${secure}`;
  root.dataset.zone = zone;
  // Photos stand under the days of the server's zone. Where cookies are off, they stay there.
  if (find('.day') !== null && document.cookie !== known) return location.reload();
  for (const time of findAll<HTMLTimeElement>('time[data-form]')) {
    setTime(time, Date.parse(time.dateTime), time.dataset.form as TimeForm);
  }
}
