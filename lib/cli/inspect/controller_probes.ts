// What came of the last probes of one pod: the controller that leads is asked, through the API server.
import type { ApiClient } from "../../kube/api/client.ts";
import { type KnownProbe, probesPath, readProbeAnswer } from "../../reach/probe_answer.ts";
import { messageOf } from "../../text/defined.ts";
import { listAt, recordAt } from "../../text/json.ts";
import { controllerObjects, metricsPort } from "../status/controller_pods.ts";
import { podPath } from "../../kube/watch/pod_metadata.ts";

/** What was read; or why it was not, which says nothing about the pod's networks. */
export type ProbesRead =
  | { readonly kind: "read"; readonly probes: readonly KnownProbe[] }
  | { readonly kind: "unread"; readonly reason: string };

/** Controllers that are asked. */
const most = 5;
const deadline = 5_000;

/** `namespace`: the controller's. Throws nothing. */
export async function readProbes(
  uid: string,
  { client, namespace, signal }: {
    readonly client: Pick<ApiClient, "json">;
    readonly namespace: string;
    readonly signal: AbortSignal;
  },
): Promise<ProbesRead> {
  const unread = (reason: string): ProbesRead => ({ kind: "unread", reason: `last probes: ${reason}` });
  const asked = { deadline, signal };
  try {
    const controllers = await controllerObjects(client, { namespace, asked });
    if (controllers.length === 0) {
      return unread(`no controller runs as a pod in namespace ${namespace}, or none that may be seen`);
    }
    const refused: string[] = [];
    for (const pod of controllers.slice(0, most)) {
      const name = String(recordAt(pod, "metadata")["name"]);
      const [container] = listAt(recordAt(pod, "spec"), "containers");
      const path = `${podPath(namespace, name)}:${metricsPort(container)}/proxy${probesPath}?pod=${
        encodeURIComponent(uid)
      }`;
      const purpose = `ask pod ${namespace}/${name} for its last probes`;
      const answer = await client.json({ method: "GET", path, purpose, ...asked })
        .then(readProbeAnswer).catch((error) => void refused.push(messageOf(error)));
      if (answer?.leads) return { kind: "read", probes: answer.probes };
    }
    return unread(refused[0] ?? "none of the controllers leads");
  } catch (error) {
    return unread(messageOf(error));
  }
}
