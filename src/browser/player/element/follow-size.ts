const restMs = 400;
const leastPx = 40;

/** Tells when an element has clearly changed its width and rests; returns what ends that. */
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
