import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** True if the page that is rendered should take little data; `page()` provides it. */
export const SavesData = createContext(false);

export function useSavesData(): boolean {
  return useContext(SavesData);
}
