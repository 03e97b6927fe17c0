// On which stage do the reflector's stories play: a script of answers, a clock that is moved, all that is heard as lines.
import assert from "node:assert/strict";
import type { Identified } from "../../../lib/kube/watch/local_copy.ts";
import { startReflector } from "../../../lib/kube/watch/reflector.ts";
import { isRecord } from "../../../lib/text/json.ts";
import { type FakeClock, fakeClock } from "../../time/fake_clock.ts";
import { type Scripted, type ScriptedClient, scriptedClient } from "../api/scripted_client.ts";

/** What the reflector keeps of an object here. */
export interface Thing extends Identified {
  readonly name: string;
}

/** An object of the collection; `bad` ones cannot be read. */
export function thing(name: string, version: string, options: { readonly bad?: boolean } = {}): unknown {
  return { metadata: { uid: `uid-${name}`, name, resourceVersion: version }, bad: options.bad ?? false };
}

/** A line of a watch. */
export function event(type: string, object: unknown): unknown {
  return { type, object };
}

/** A bookmark. */
export function bookmark(version: string): unknown {
  return event("BOOKMARK", { metadata: { resourceVersion: version } });
}

/** An ERROR event with this Status. */
export function errorEvent(status: Readonly<Record<string, unknown>>): unknown {
  return event("ERROR", { kind: "Status", ...status });
}

/** Reads a thing; throws when it is bad. */
export function project(object: unknown): Thing {
  if (!isRecord(object) || object.bad || !isRecord(object.metadata)) throw new Error("bad");
  const { uid, name, resourceVersion } = object.metadata;
  return { uid: String(uid), name: String(name), resourceVersion: String(resourceVersion) };
}

/** A reflector on a script, with all that is heard as lines. */
export interface Stage extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly client: ScriptedClient;
  readonly heard: string[];
  readonly relist: () => void;
  readonly synced: Promise<void>;
}

/** Starts the reflector on the script. Dispose of it: that checks that nothing is left. */
export function stage(
  script: readonly Scripted[],
  means: { readonly onHeard?: (line: string) => Promise<void> | void } = {},
): Stage {
  const clock = fakeClock({ chance: 0 });
  const client = scriptedClient(script);
  const abort = new AbortController();
  const heard: string[] = [];
  const hear = (line: string): Promise<void> | void => {
    heard.push(line);
    return means.onHeard?.(line);
  };
  const reflector = startReflector(client, {
    what: "things",
    path: "/api/v1/things",
    signal: abort.signal,
    project,
    handler: {
      replaced: (all) =>
        hear(`replaced ${all.map((each) => `${each.name}@${each.resourceVersion}`).join(" ")}`.trim()),
      added: (each) => hear(`added ${each.name}@${each.resourceVersion}`),
      modified: (each) => hear(`modified ${each.name}@${each.resourceVersion}`),
      deleted: (each) => hear(`deleted ${each.name}`),
      unreadable: (reason) => void hear(`unreadable: ${reason}`),
    },
    onError: ({ end, retryIn }) => void hear(`trouble ${end}, again in ${retryIn}`),
    onRecovered: () => void hear("healed"),
  }, { clock });
  return {
    clock,
    client,
    heard,
    relist: reflector.relist,
    synced: reflector.synced,
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await reflector.done;
      assert.deepEqual(clock.waiting(), [], "timers are left");
      assert.equal(client.open, 0, "a watch is left open");
    },
  };
}

/** The list most stories begin with. */
export const abc = { list: [thing("a", "1"), thing("b", "2")], version: "10" };
/** A watch on which nothing happens. */
export const quiet = { watch: [], then: "silence" } as const;
