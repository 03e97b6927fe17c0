// What is in the agent's image and the sandbox's, put together from this machine's packages as the Dockerfile says?
import { pauseImage } from "../node_daemons.ts";
import { type Image } from "./docker_archive.ts";
import { RootFiles } from "./root_files.ts";

/** The names under which pods ask for the agent: the seed's, and that of our own manifests. */
export const agentImageNames = [
  "docker.io/aialferov/kube-vxlan-controller-agent:latest",
  "docker.io/library/kube-vxlan-controller-agent:0.1.0",
];

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Programs that Debian's slim image has and that probes, scripts and people use. */
const slimPrograms = [
  ...["cat", "date", "echo", "env", "false", "head", "hostname", "id", "ls", "mkdir", "rm", "seq", "sleep"],
  ...["tail", "touch", "true", "wc", "grep"],
];

/** Test tools, none of them in the real image. Never `sh` and never `ip`: busybox's `ip` makes a VXLAN link with id 0. */
const busyboxPrograms = ["ping", "nc", "wget", "httpd"];

/** The agent: iproute2, kill, and a PID 1 that exits on TERM. */
export async function agentImage(): Promise<Image> {
  const root = new RootFiles();
  for (const directory of ["/tmp", "/run", "/proc", "/sys", "/dev", "/etc"]) root.directory(directory);
  await root.program("catatonit", { as: "/usr/bin/catatonit" });
  await root.program("dash", { as: "/bin/sh" });
  await root.program("ip", { as: "/sbin/ip" });
  await root.program("bridge", { as: "/sbin/bridge" });
  await root.program("kill", { as: "/bin/kill" });
  for (const program of slimPrograms) await root.program(program, { as: `/bin/${program}` });
  await root.program("busybox", { as: "/usr/lib/test-tools/busybox" });
  for (const program of busyboxPrograms) root.link(`/usr/bin/${program}`, "/usr/lib/test-tools/busybox");
  return {
    names: agentImageNames,
    layers: [root.entries()],
    entrypoint: ["/usr/bin/catatonit", "-P"],
    env: { PATH: path },
  };
}

/** The sandbox of every pod: a process that does nothing and reaps orphans. */
export async function sandboxImage(): Promise<Image> {
  const root = new RootFiles();
  await root.program("catatonit", { as: "/catatonit" });
  return {
    names: [pauseImage],
    layers: [root.entries()],
    entrypoint: ["/catatonit", "-P"],
    env: { PATH: path },
  };
}
