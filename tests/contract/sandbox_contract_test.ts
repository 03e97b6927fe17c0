// Does the sandbox keep the contract, on every data plane that can be had here?
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { namespaces } from "../sandbox/api/resources.ts";
import { startSandbox } from "../sandbox/sandbox.ts";
import { runContract } from "./contract.ts";
import { httpApi } from "./http_api.ts";

const namespace = "contract";
const token = "the sandbox's own";

for (const dataPlane of availablePlanes) {
  Deno.test(`the contract: sandbox (${dataPlane})`, async (t) => {
    await using sandbox = await startSandbox({ dataPlane, token });
    sandbox.store.create(namespaces, { metadata: { name: namespace } });
    using api = httpApi({ server: sandbox.server.url, authorization: `Bearer ${token}` }, {
      name: "the sandbox",
      namespace,
      image: "agent",
      expireHistory: () => Promise.resolve(sandbox.server.forgetHistory()),
    });
    await runContract(t, api, []);
  });
}
