// How does the chart get into a registry, as an OCI artifact?
import { tryCommand } from "../../tests/cluster/run_command.ts";
import { goTool } from "../../tests/tools/go_tools.ts";
import { chart } from "./assets.ts";

/** Where a chart goes. */
export interface ChartPush {
  readonly version: string;
  readonly registry: string;
  /** Holds the packed chart. */
  readonly folder: string;
  /** For a registry on loopback that speaks no TLS. */
  readonly plainHttp?: boolean;
}

/** Pushes the packed chart below the registry's `charts` and gives its digest ("sha256:…"). */
export async function pushChart({ version, registry, folder, plainHttp }: ChartPush): Promise<string> {
  const archive = `${folder}/${chart}-${version}.tgz`;
  const { code, stdout, stderr } = await tryCommand([
    ...[await goTool("helm"), "push", archive, `oci://${registry}/charts`],
    ...(plainHttp ? ["--plain-http"] : []),
  ]);
  // helm says it on stderr.
  const digest = /^Digest: (sha256:[0-9a-f]{64})$/m.exec(`${stdout}\n${stderr}`)?.[1];
  if (code === 0 && digest !== undefined) return digest;
  throw new Error(`Cannot push ${archive}: helm exits ${code}: ${(stderr || stdout).trim()}`);
}
