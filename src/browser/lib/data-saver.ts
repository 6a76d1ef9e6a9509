/** True if this page should take little data: by choice in the menu, or because the browser asks for it. */
export function savesData(): boolean {
  const { savesData: decided } = document.documentElement.dataset;
  return decided === 'true' || (decided === undefined && matchMedia('(prefers-reduced-data: reduce)').matches);
}
