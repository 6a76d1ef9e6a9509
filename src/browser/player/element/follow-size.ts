/** How long the width must rest (ms). */
const restMs = 400;
/** Smaller changes are ignored (px). */
const leastPx = 40;

/** Calls back once an element's width has changed clearly and rests; returns a function that stops it. */
export function followSize(element: HTMLElement, changed: () => void): () => void {
  let timer = 0;
  let last = element.clientWidth;
  const observer = new ResizeObserver(() => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      const width = element.clientWidth;
      if (Math.abs(width - last) < leastPx) return;
      last = width;
      changed();
    }, restMs);
  });
  observer.observe(element);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
  };
}
