// For how long does an edit of the ConfigMap keep the event loop from everything else: the store alone, without pods.
import { Store } from "../../lib/controller/store/store.ts";
import { podView } from "../../lib/member/pod.ts";
import { annotationKey, memberPod, membershipSettings } from "../member/member_pod.ts";

export interface StoreEdit {
  readonly what: string;
  /** Longest time (ms) for which nothing else could run. */
  readonly blocked: number;
}

const members = 4_000;
/** About 120 bytes each: 1.2 MB. */
const manyKeys = 10_000;

/** A store with 4,000 members of one network; the id of the network changes, alone and among many keys. */
export async function storeEdits(): Promise<readonly StoreEdit[]> {
  const pad = Object.fromEntries(
    Array.from({ length: manyKeys }, (_, i) => [
      `network-of-somebody-else-${i}`,
      `id=${1_000 + i} mtu=1400 dstport=8472 namespaces=team-a-with-a-long-name,team-b-with-a-long-name`,
    ]),
  );
  return [
    { what: "id edit, one key", blocked: await edit({}) },
    { what: "id edit, 10,000 keys", blocked: await edit(pad) },
  ];
}

async function edit(others: Readonly<Record<string, string>>): Promise<number> {
  const store = new Store(membershipSettings);
  store.putConfigMap({ ...others, west: "id=101" }, { now: 0 });
  for (let i = 0; i < members; i++) {
    const ip = `10.${i >> 16}.${i >> 8 & 255}.${i & 255}`;
    const pod = memberPod({ name: `p${i}`, uid: `uid-${i}`, networks: "west", ip, form: "native" });
    store.putPod(podView(pod, { annotationKey }), { now: 0 });
  }
  return await longestBlock(() => void store.putConfigMap({ ...others, west: "id=102" }, { now: 1 }));
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
