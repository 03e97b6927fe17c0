// A network's interface cannot be made as it is wanted now: who stands in the link that it has, and who is in there no more?
import assert from "node:assert/strict";
import { flood, Scene } from "./converge_scene.ts";

interface Row {
  readonly it: string;
  /** What somebody else has made in the pod meanwhile. */
  readonly command: string;
  /** Of a pod that had `west id=101`. */
  readonly networks: string;
  readonly inTheWay: RegExp;
  /** It floods to those who are peers by now; false: it left the segment of its link. */
  readonly isPeer: boolean;
}

const rows: readonly Row[] = [
  {
    it: "another name, which is an alternative name of eth0",
    command: "ip link property add dev eth0 altname north",
    networks: "west id=101 name=north",
    inTheWay: /the name is an alternative name of link "eth0"/,
    isPeer: true,
  },
  {
    it: "another name, which is that of a foreign link",
    command: "ip link add north type dummy",
    networks: "west id=101 name=north",
    inTheWay: /the name is taken by a link of kind "dummy"/,
    isPeer: true,
  },
  {
    it: "another id, which a foreign link has",
    command: "ip link add north type vxlan id 5 dev eth0 dstport 8472",
    networks: "west id=5",
    inTheWay: /VNI 5 and port 8472 are taken by link "north"/,
    isPeer: false,
  },
  {
    it: "another port on a device that is not there",
    command: "ip link show",
    networks: "west id=101 dstport=4789 dev=eth7",
    inTheWay: /no such device in the pod/,
    isPeer: false,
  },
];

for (const { it, command, networks, inTheWay, isPeer } of rows) {
  Deno.test(`${it}: the link that stands ${isPeer ? "has the peers of now" : "floods to nobody"}`, async () => {
    const scene = new Scene();
    await scene.look(["10.0.0.2", "10.0.0.3"], { networks: "west id=101" });
    scene.run(command);
    const look = async (peers: readonly string[]): Promise<void> => {
      const { obstacles } = await scene.look(peers, { networks });
      assert.deepEqual(obstacles.map(({ reason }) => inTheWay.test(reason)), [true]);
      assert.deepEqual(scene.entries(), isPeer ? peers.map(flood) : []);
    };
    await look(["10.0.0.2", "10.0.0.3"]);
    // By what is known of the pod, without reading.
    await look(["10.0.0.3", "10.0.0.4"]);
    await look(["10.0.0.4"]);
    scene.cache.invalidate();
    await look(["10.0.0.5"]);
    await scene.close();
  });
}
