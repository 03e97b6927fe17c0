// A program for leftovers_test.ts to kill: starts a sandbox with a pod, tells its process namespaces, and waits.
import { childrenOf } from "./processes.ts";
import { startSandbox } from "../sandbox.ts";

const sandbox = await startSandbox({ dataPlane: "namespaces" });
sandbox.apply(`{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: x}]}}`);
await sandbox.waitForPhase({ name: "p" }, "Running");
const children = await childrenOf(Deno.pid);
const spaces = await Promise.all(children.map((pid) => Deno.readLink(`/proc/${pid}/ns/pid_for_children`)));
const holders = new Set(spaces.filter((space) => space !== ""));
await Deno.stdout.write(new TextEncoder().encode(`${[...holders].join(" ")}\n`));
await new Promise(() => setInterval(() => {}, 1000));
