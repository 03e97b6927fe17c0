// What do the holder, a pod and a container run? The few lines of shell below the namespaces, and how commands get there.
import type { ContainerMain } from "../kubelet/data_plane.ts";
import { findProgram } from "./programs.ts";

/**
 * The holder. Makes the bridge, tries whether VXLAN links can be made at all, protects the machine's files from the
 * containers (best effort), and waits for the end of its stdin.
 */
export const holder = `
exec 2>&1
set -e
mount --make-rprivate /
ip link set lo up
ip link add br0 type bridge mcast_snooping 0 forward_delay 0
ip link set br0 up
ip link add probe type vxlan id 1 dev lo dstport 8472
ip link delete probe
mount -o remount,ro,bind / || :
echo ready
while read -r line; do :; done
`;

/** A pod: name of its bridge port, addresses (one word, blank separated), then /proc/sys/…=value. */
export const pod = `
exec 2>&1
set -e
port=$1
addresses=$2
shift 2
mount -t sysfs sysfs /sys
ip link add eth0 mtu 1500 type veth peer name "$port" mtu 1500 netns 1
{
  echo link set lo up
  echo link set eth0 up
  for address in $addresses; do
    case $address in
    *:*) echo address add "$address" dev eth0 nodad ;;
    *) echo address add "$address" dev eth0 ;;
    esac
  done
} | ip -batch -
for setting in "$@"; do echo "\${setting#*=}" > "\${setting%%=*}"; done
nsenter --net=/proc/1/ns/net ip link set "$port" master br0 up
echo ready
exec cat > /dev/null 2>&1
`;

const begin = "mount -t tmpfs tmpfs /run; ";
const running = "echo running; exec > /dev/null 2>&1; ";
const pause = `${begin} trap 'exit 0' TERM; ${running} sleep 2147483647 & wait`;
const oldAgent = `${begin} trap '' TERM; ${running} while [ ! -e /run/terminate ]; do sleep 0.2; done`;
/** Waits for the end of stdin, lest a short command be over before anybody has seen it. */
const command = `${begin} ${running} read -r go; exec "$@"`;

/** Process 1 of our own agent image, at the path that follows. It has its handler for TERM from its first instant. */
const agent = `${begin} ${running} exec "$1" pid1`;

/** The argv of a container's process 1. It says "running" once its traps are set, and a command begins at the end of stdin. */
export async function mainArgv(main: ContainerMain): Promise<readonly string[]> {
  switch (main.kind) {
    case "agent": {
      const program = await agentProgram();
      return program === undefined ? ["sh", "-c", pause] : ["sh", "-c", agent, "sh", program];
    }
    case "pause":
      return ["sh", "-c", pause];
    case "old-agent":
      return ["sh", "-c", oldAgent];
    case "command":
      return ["sh", "-c", command, "sh", ...main.argv];
    default:
      return main satisfies never;
  }
}

/**
 * The argv to run for a command of a container: the same, or what stands in for a program that this machine lacks
 * (`ping`, and `kill`, which slim images leave out). Undefined: there is no such program.
 */
export async function knownArgv(
  argv: readonly string[],
  main: ContainerMain,
): Promise<readonly string[] | undefined> {
  const [name = "", ...rest] = argv;
  if (name === "vxlan-agent") {
    const program = main.kind === "agent" ? await agentProgram() : undefined;
    return program === undefined ? undefined : [program, ...rest];
  }
  if (await findProgram(name) !== undefined) return argv;
  switch (name) {
    case "kill":
      return ["sh", "-c", 'kill "$@"', "kill", ...rest];
    case "ping":
    case "ping6": {
      const program = new URL("./ping_by_tcp.ts", import.meta.url).pathname;
      return [Deno.execPath(), "run", "--quiet", "--no-config", "--allow-net", program, ...rest];
    }
    default:
      return undefined;
  }
}

let built: Promise<string | undefined> | undefined;

/**
 * The program of our agent image. Undefined where no Go is installed: then our image is like the seed's here, and a
 * test that wants it has to look (`planesWithProgram`). Loaded only when asked for: `deno task dev` needs none of it.
 */
function agentProgram(): Promise<string | undefined> {
  built ??= import("../../tools/agent_program.ts").then((module) => module.agentProgramWhereGoIs());
  return built;
}
