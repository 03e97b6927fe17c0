// Which controller is asked for last probes, and what is said where none can be?
import assert from "node:assert/strict";
import { readProbes } from "../../../lib/cli/inspect/controller_probes.ts";

const probe = { network: "one/1/8472/4", peer: "u", outcome: "reachable", secondsAgo: 3 };

const cases: readonly {
  readonly it: string;
  /** By the controller's name: what it answers, or why it does not. */
  readonly controllers: Readonly<Record<string, object | string>>;
  readonly list?: string;
  readonly found: string;
}[] = [
  {
    it: "the one that leads answers, also after a standby and one that cannot be asked",
    controllers: {
      a: { leads: false, probes: [] },
      b: "403: you may not",
      c: { leads: true, probes: [probe] },
    },
    found: JSON.stringify([probe]),
  },
  {
    it: "none leads",
    controllers: { a: { leads: false, probes: [] } },
    found: "none of the controllers leads",
  },
  { it: "none may be asked", controllers: { a: "403: you may not" }, found: "403: you may not" },
  { it: "one is older, and has no such page", controllers: { a: "404: not found" }, found: "404: not found" },
  { it: "it answers rubbish", controllers: { a: {} }, found: "Cannot read last probes: no list of them" },
  { it: "there is none", controllers: {}, found: "no controller runs as a pod in namespace kube-system" },
  { it: "pods there may not be listed", controllers: {}, list: "403: no list", found: "403: no list" },
];

for (const { it, controllers, list, found } of cases) {
  Deno.test(`last probes: ${it}`, async () => {
    const asked: string[] = [];
    const read = await readProbes("uid-1", {
      namespace: "kube-system",
      signal: new AbortController().signal,
      client: {
        json: ({ path }) => {
          asked.push(path);
          const name = /pods\/(\w+):9191\/proxy\/probes\?pod=uid-1$/.exec(path)?.[1];
          const answer = name === undefined ? list ?? podList(Object.keys(controllers)) : controllers[name];
          return typeof answer === "string" ? Promise.reject(new Error(answer)) : Promise.resolve(answer);
        },
      },
    });
    const said = read.kind === "read" ? JSON.stringify(read.probes) : read.reason;
    assert.ok(said.includes(found), said);
    assert.ok(asked.length <= 1 + Object.keys(controllers).length);
  });
}

function podList(names: readonly string[]): object {
  const ports = [{ name: "http", containerPort: 9191 }];
  return {
    items: names.map((name) => ({
      metadata: { name, labels: { "app.kubernetes.io/name": "kube-vxlan-controller" } },
      spec: { containers: [{ name: "controller", ports }] },
    })),
  };
}
