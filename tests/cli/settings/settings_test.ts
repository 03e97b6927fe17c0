// In which namespace is the ConfigMap, and what does the controller get of the settings?
import assert from "node:assert/strict";
import { membershipOptions, type SettingsOf } from "../../../lib/cli/settings/options.ts";
import { configMapNamespace, controllerSettings } from "../../../lib/cli/settings/settings.ts";
import type { Connection } from "../../../lib/kube/config/connection.ts";
import { testHost } from "../test_host.ts";

const settings: SettingsOf<typeof membershipOptions> = {
  namespace: undefined,
  namespaceFile: undefined,
  configmapName: "networks",
  poolsName: undefined,
  selector: "vxlan=true",
  annotation: "x.org/networks",
  agentContainerName: "agent",
  agentInitContainerName: "agent-init",
  watchNamespaces: undefined,
  restrictPods: true,
  maxNetworksPerPod: 3,
  maxMembersPerNetwork: 4,
};

const files = { "/own": "lab\n", "/empty": " \n" };
const places: readonly {
  readonly it: string;
  readonly given?: Partial<typeof settings>;
  readonly own?: string;
  readonly namespace: string | RegExp;
}[] = [
  { it: "by name", given: { namespace: "net", namespaceFile: "/own" }, own: "other", namespace: "net" },
  { it: "by a file", given: { namespaceFile: "/own" }, own: "other", namespace: "lab" },
  { it: "that of the controller", own: "other", namespace: "other" },
  { it: "the usual one", namespace: "kube-system" },
  {
    it: "a file that is missing",
    given: { namespaceFile: "/no" },
    namespace: /--namespace-file \/no: no file/,
  },
  { it: "a file without a name", given: { namespaceFile: "/empty" }, namespace: /it is empty/ },
];
for (const { it, given = {}, own, namespace } of places) {
  Deno.test(`namespace of the ConfigMap: ${it}`, async () => {
    const { host } = testHost({ args: [], files });
    const connection: Connection = {
      server: "https://h",
      source: { description: "" },
      credentials: () => Promise.resolve({}),
      ...(own === undefined ? {} : { ownNamespace: own }),
    };
    const found = configMapNamespace({ ...settings, ...given }, { connection, host });
    if (typeof namespace === "string") assert.equal(await found, namespace);
    else await assert.rejects(found, namespace);
  });
}

Deno.test("every setting of membership reaches the controller", () => {
  const { membership, selector, watchNamespaces } = controllerSettings(settings, "net");
  assert.deepEqual({ membership, selector, watchNamespaces }, {
    membership: {
      annotationKey: "x.org/networks",
      agent: "agent",
      initAgent: "agent-init",
      configMap: { namespace: "net", name: "networks" },
      restrictPods: true,
      maxNetworks: 3,
      maxMembers: 4,
    },
    selector: "vxlan=true",
    watchNamespaces: [],
  });
  assert.deepEqual(controllerSettings({ ...settings, watchNamespaces: ["a"] }, "net").watchNamespaces, ["a"]);
});
