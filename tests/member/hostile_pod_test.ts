// How much is kept of a pod whose author writes as much as the API server takes?
import assert from "node:assert/strict";
import type { V1Pod } from "@kubernetes/client-node";
import { Store } from "../../lib/controller/store/store.ts";
import { podView } from "../../lib/member/pod.ts";
import { problemText } from "../../lib/network/problem.ts";
import { annotationKey, memberPod, membershipSettings } from "./member_pod.ts";

/** Characters of everything that is kept, as JSON: of the annotation 64 Ki, and as much again for what comes of it. */
const mostKept = 150_000;

/** An object of the API server may have 1.5 MiB, all annotations of one 256 KiB. */
const rows: readonly {
  readonly it: string;
  readonly networks?: string;
  readonly more?: (pod: V1Pod) => void;
  /** By a problem of the pod. */
  readonly said?: RegExp;
}[] = [
  {
    it: "an annotation of 256 KiB",
    networks: `west ${"x".repeat(256 * 1024 - 100)}`,
    said: /it has more than 65536 characters/,
  },
  {
    it: "ten thousand networks in its annotation",
    networks: Array.from({ length: 10_000 }, (_, n) => `n${n.toString(36)}`).join(),
    said: /Cannot list all problems: there are more than 50/,
  },
  {
    it: "ten thousand words that are no option",
    networks: `west ${"x ".repeat(10_000)}`,
    said: /Cannot list all problems: there are more than 50/,
  },
  {
    it: "one word of 60,000 characters",
    networks: `west id=${"1".repeat(60_000)}`,
    said: /^annotation .*Cannot read "id=1{1,80}…" of network "west"/,
  },
  {
    it: "an image of a megabyte",
    more: ({ spec }) => void spec?.containers.push({ name: "x", image: "i".repeat(1_000_000) }),
  },
  {
    it: "an environment of a megabyte, and other annotations",
    more: ({ spec, metadata }) => {
      spec?.containers.push({
        name: "x",
        env: Array.from({ length: 10_000 }, (_, n) => ({ name: `V${n}`, value: "v".repeat(80) })),
      });
      Object.assign(metadata?.annotations ?? {}, { "example.org/other": "a".repeat(100_000) });
    },
  },
  {
    it: "256 containers",
    more: ({ spec }) => {
      for (let n = 0; n < 254; n++) spec?.containers.push({ name: `${n}-${"c".repeat(58)}`, image: "i" });
    },
  },
  {
    it: "a status annotation with a hundred thousand addresses",
    more: ({ metadata }) => {
      const list = Array.from({ length: 800 }, (_, n) => ({ name: `n${n}`, ips: Array(128).fill("::1") }));
      Object.assign(metadata?.annotations ?? {}, {
        "vxlan.travelping.com/network-status": JSON.stringify(list),
      });
    },
  },
  {
    it: "names of a hundred thousand characters in its status annotation",
    more: ({ metadata }) => {
      const list = [{ name: "n".repeat(100_000), ips: ["10.0.0.1"] }];
      Object.assign(metadata?.annotations ?? {}, {
        "vxlan.travelping.com/network-status": JSON.stringify(list),
      });
    },
  },
];

for (const { it, networks = "west", more = () => {}, said } of rows) {
  Deno.test(`a pod with ${it}: little is kept of it, and less said`, () => {
    const pod = memberPod({ name: "a", uid: "uid-a", networks, ip: "10.1.0.1", form: "native" });
    more(pod);
    const store = new Store(membershipSettings);
    store.putConfigMap({ west: "id=101" }, { now: 0 });
    store.putPod(podView(pod, { annotationKey }), { now: 0 });
    const kept = [store.tracked.get("uid-a")?.pod, store.workItem("uid-a")].map(asText).join("");
    assert.ok(kept.length < mostKept, `${kept.length} characters`);
    const problems = store.problemsOf("uid-a").map(problemText);
    assert.ok(problems.length <= 51, `${problems.length} problems`);
    for (const problem of problems) assert.ok(problem.length < 500, problem);
    if (said === undefined) assert.deepEqual(problems, []);
    else assert.ok(problems.some((problem) => said.test(problem)), problems.slice(0, 3).join("\n"));
  });
}

Deno.test("a pod with more containers than any node runs is not read, and says so", () => {
  const pod = memberPod({ name: "a", networks: "west" });
  for (let n = 0; n < 300; n++) pod.spec?.containers.push({ name: `c${n}` });
  assert.throws(
    () => podView(pod, { annotationKey }),
    /it has 302|it has 301 containers, expected at most 256/,
  );
});

function asText(value: unknown): string {
  return JSON.stringify(value, (_, each) => each instanceof Map ? [...each] : each);
}
