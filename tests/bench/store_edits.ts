// For how long does what concerns all pods keep the event loop from everything else: the store alone, as the controller uses it.
import { Store } from "../../lib/controller/store/store.ts";
import { type PodView, podView } from "../../lib/member/pod.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { inPieces, type Pieces } from "../../lib/time/pieces.ts";
import { annotationKey, memberPod, membershipSettings } from "../member/member_pod.ts";

export interface StoreEdit {
  readonly what: string;
  /** Longest time (ms) for which nothing else could run. */
  readonly blocked: number;
  /** So much (ms) is allowed. */
  readonly most: number;
}

/** About 120 bytes each: 1.2 MB. */
const manyKeys = Object.fromEntries(
  Array.from({ length: 10_000 }, (_, i) => [
    `network-of-somebody-else-${i}`,
    `id=${1_000 + i} mtu=1400 dstport=8472 namespaces=team-a-with-a-long-name,team-b-with-a-long-name`,
  ]),
);

/** The id of a network of 4,000 members changes, alone and among many keys; 10,000 in 100 networks are listed, and moved. */
export async function storeEdits(): Promise<readonly StoreEdit[]> {
  return [...await edits(), ...await lists()];
}

async function edits(): Promise<readonly StoreEdit[]> {
  const edit = async (others: Readonly<Record<string, string>>): Promise<number> => {
    const store = new Store(membershipSettings);
    store.putConfigMap({ ...others, net0: "id=101" }, { now: 0 });
    store.replacePods(views(4_000, 1), { now: 0, covers: () => true });
    return await blockedBy(store.editing({ ...others, net0: "id=102" }, { now: 1 }));
  };
  return [
    { what: "id edit, one key", blocked: await edit({}), most: 100 },
    { what: "id edit, 10,000 keys", blocked: await edit(manyKeys), most: 200 },
  ];
}

async function lists(): Promise<readonly StoreEdit[]> {
  const store = new Store(membershipSettings);
  const ids = (first: number): Readonly<Record<string, string>> =>
    Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`net${i}`, `id=${first + i}`]));
  store.putConfigMap(ids(100), { now: 0 });
  const pods = views(10_000, 100);
  const others = pods.map((pod, i) => i % 10 > 0 ? pod : { ...pod, resourceVersion: "2" });
  const list = { now: 0, covers: () => true };
  return [
    { what: "first list, 10,000 members", blocked: await blockedBy(store.replacing(pods, list)), most: 100 },
    { what: "list, a tenth has changed", blocked: await blockedBy(store.replacing(others, list)), most: 100 },
    { what: "all ids, 10,000 members", blocked: await blockedBy(store.editing(ids(300), list)), most: 100 },
    { what: "leadership gained", blocked: await blockedBy(store.forgettingHolders()), most: 100 },
    { what: "list, nobody is left", blocked: await blockedBy(store.replacing([], list)), most: 100 },
  ];
}

function views(members: number, networks: number): readonly PodView[] {
  return Array.from({ length: members }, (_, i) => {
    const ip = `10.${i >> 16}.${i >> 8 & 255}.${i & 255}`;
    const networksOf = `net${i % networks}`;
    const pod = memberPod({ name: `p${i}`, uid: `uid-${i}`, networks: networksOf, ip, form: "native" });
    return podView(pod, { annotationKey });
  });
}

async function blockedBy<Result>(work: Pieces<Result>): Promise<number> {
  return await longestBlock(async () => void await inPieces(work, systemClock));
}

/** Beats as fast as the event loop lets it. */
async function longestBlock(work: () => void | Promise<void>): Promise<number> {
  let [longest, last, over] = [0, performance.now(), false];
  const beating = (async () => {
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 20));
  longest = 0;
  await work();
  over = true;
  await beating;
  return longest;
}
