// What a test of alert rules is made of: series out of what the program tells, and a folder for promtool.

/** A series as promtool's tests write it. */
export interface TrialSeries {
  readonly series: string;
  /** `1x60`: the value each minute for an hour. */
  readonly values: string;
}

/** Prometheus' text as series that last for an hour; what counts grows every minute by what it had. */
export function seriesOf(text: string): readonly TrialSeries[] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const blank = line.lastIndexOf(" ");
    const [series, value] = [line.slice(0, blank), line.slice(blank + 1)];
    const grows = /_(total|bucket|sum|count)(\{|$)/.test(series);
    return { series: labelled(series), values: grows ? `0+${value}x60` : `${value}x60` };
  });
}

/** With the labels that a scrape adds. */
export function labelled(series: string): string {
  const own = /\{(.*)\}$/.exec(series)?.[1] ?? "";
  const labels = ['job="kube-vxlan-controller"', ...(own.includes("pod=") ? [] : ['pod="a"']), own];
  return `${series.replace(/\{.*$/, "")}{${labels.filter((label) => label !== "").join(",")}}`;
}

/** Gives `work` a folder that is gone afterwards. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
