import { findAll } from './dom.ts';

/** Changes the address of this page without loading it, also for the menu, whose forms lead back to this page. */
export function setAddress(url: string, state: unknown = history.state): void {
  history.replaceState(state, '', url);
  for (const next of findAll<HTMLInputElement>('.preferences [name=next]')) {
    next.value = location.pathname + location.search;
  }
}
