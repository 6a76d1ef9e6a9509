/** The values of `/metrics` in Prometheus' text format. */
export class Metrics {
  readonly #lines: readonly string[];

  /** @param text the body of a reply */
  constructor(text: string) {
    this.#lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  }

  /** Returns the value of the metric with this name and at least these labels; 0 if it does not exist. */
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
