// Do frames pass in each of 64 networks on two ports, whatever covers the pod network?
import {
  annotate,
  bothReach,
  forgetAll,
  type Member,
  network,
  reaches,
  rulesOf,
  type Scene,
} from "./frames_scene.ts";
import { until } from "./until.ts";

/** As many as a pod may have, the covering route in the last one. */
export async function crowd({ cluster, a, b }: Scene): Promise<void> {
  const others = Array.from({ length: 63 }, (_, at) => at);
  const annotated = (host: number, asked: string): string =>
    [
      `${network} ip=10.71.0.${host}/24`,
      ...others.map((at) => `n${at} id=${7400 + at} dstport=${8472 + at % 2} ip=10.72.${at}.${host}/24`),
    ].join(", ") + asked;
  const interfaces = async ({ run }: Member): Promise<number> =>
    JSON.parse((await run(["ip", "-json", "link", "show", "type", "vxlan"])).stdout).length;
  const allReach = async (): Promise<void> => {
    let missed: readonly string[] = [];
    await until("answers in 64 networks, both ways", async () => {
      const pairs = [[a, 2], [b, 1]] as const;
      const asked = pairs.flatMap(([from, host]) =>
        ["10.71.0", ...others.map((at) => `10.72.${at}`)].map((subnet) => ({ from, to: `${subnet}.${host}` }))
      );
      missed = await unanswered(asked);
      return missed.length === 0;
    }, { seconds: 30, describe: () => `without an answer: ${missed.slice(0, 8).join(", ")}` });
  };
  const ask = (asked: string): Promise<void> =>
    annotate(cluster, { pod: "a", networks: annotated(1, asked) });
  await annotate(cluster, { pod: "b", networks: annotated(2, "") });
  await ask("");
  for (const member of [a, b]) {
    await until("64 interfaces", async () => await interfaces(member) === 64, { seconds: 40 });
  }
  await allReach();
  await ask(" route=0.0.0.0/1:10.72.62.2 route=128.0.0.0/1:10.72.62.2");
  await until("rules for both ports", async () => {
    const rules = await rulesOf(cluster, "a");
    return rules.includes('"dport":8472') && rules.includes('"dport":8473');
  }, { seconds: 20 });
  await forgetAll(a, b);
  await allReach();
  await ask("");
  await until("the rules to go", async () => !(await rulesOf(cluster, "a")).includes('"86"'), {
    seconds: 20,
  });
  await forgetAll(a, b);
  await allReach();
  for (const [pod, host] of [["a", 1], ["b", 2]] as const) {
    await annotate(cluster, { pod, networks: `${network} ip=10.71.0.${host}/24` });
  }
  for (const member of [a, b]) {
    await until("one interface", async () => await interfaces(member) === 1, { seconds: 40 });
  }
  await bothReach(a, b);
}

/** Who of them gets no answer, some asked at a time. */
async function unanswered(
  asked: readonly { readonly from: Member; readonly to: string }[],
): Promise<readonly string[]> {
  const missed: string[] = [];
  const queue = [...asked];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!await reaches(next.from, next.to)) missed.push(`${next.from.name} to ${next.to}`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return missed;
}
