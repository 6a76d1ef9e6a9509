/** How long the width must rest (ms). */
const restMs = 400;
/** Smaller changes are ignored (px). */
const leastPx = 40;

/** Calls back once an element's width has changed clearly and rests; returns a function that stops it. */
export function followSize(element: HTMLElement, changed: () => void): () => void {
  let timer = 0;
  let last: number | null = null;
  const observer = new ResizeObserver(() => {
    // First called with the size that the element has once the page is laid out.
    const before = (last ??= element.clientWidth);
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      const width = element.clientWidth;
      if (Math.abs(width - before) < leastPx) return;
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
