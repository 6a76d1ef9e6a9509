/** Short facts on one line, without the empty ones: `15 fps · 80 ms`. The line may break after a dot, not before it. */
export function joined(...facts: readonly string[]): string {
  return facts.filter(Boolean).join('\u00a0· ');
}
