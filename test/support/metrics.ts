/** The figures of `/metrics` in Prometheus' text format. */
export class Metrics {
  readonly #lines: readonly string[];

  /** @param text the body of a reply */
  constructor(text: string) {
    this.#lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  }

  /** The value of the figure that has this name and, among others, these labels; 0 if there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    const line = this.#lines.find(
      (each) => /^[^{ ]*/.exec(each)?.[0] === name && wanted.every((label) => each.includes(label)),
    );
    return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ')));
  }
}

/** Reads `/metrics` of a server. */
export async function readMetrics(url: string, token: string): Promise<Metrics> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`/metrics: ${response.status} ${await response.text()}`);
  return new Metrics(await response.text());
}
