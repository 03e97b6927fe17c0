// What does the kubelet need of a machine? Pods with a network of their own, containers in them, commands in those.

/** What a container's main process does. */
export type ContainerMain =
  /** The seed's agent, and whatever has no command of its own: waits, and exits with 0 on TERM. */
  | { readonly kind: "pause" }
  /** The agent with our program in its image: process 1 is `vxlan-agent pid1`, and an exec finds `vxlan-agent`. */
  | { readonly kind: "agent" }
  /** An agent of old: deaf to TERM, exits with 0 once /run/terminate is there. */
  | { readonly kind: "old-agent" }
  /** A program. */
  | { readonly kind: "command"; readonly argv: readonly string[] };

/** How a pod's network namespace is to look. */
export interface PodNetwork {
  /** `10.244.0.5/16`, `fd00:10:244::5/64`: addresses of eth0. */
  readonly addresses: readonly string[];
  /** `net.ipv4.ip_forward` → `1`; names below `net.` only. */
  readonly sysctls: Readonly<Record<string, string>>;
}

/** How a process ended: its status, or 128 + the signal's number. */
export type ExitCode = number;

/** A command in a container. Its output is to be read by the caller. */
export interface ExecProcess {
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly exited: Promise<ExitCode>;
  /** Hands bytes to stdin; false when the process reads no more. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Ends stdin. Safe to repeat. */
  closeStdin(): Promise<void>;
  /** KILL. */
  kill(): Promise<void>;
}

/** A running container. */
export interface Container {
  /** 64 hexadecimal digits, new for every start. */
  readonly id: string;
  readonly exited: Promise<ExitCode>;
  /** Runs a command; `missing` when there is no such program. */
  exec(argv: readonly string[]): Promise<ExecProcess | { readonly missing: string }>;
  /** Whether the command would succeed; absent where only running it tells. Thousands of startup probes ask each second. */
  succeeds?(argv: readonly string[]): boolean;
  /** TERM to the main process (which may be deaf to it), or KILL. */
  signal(signal: "TERM" | "KILL"): Promise<void>;
}

/** One pod's sandbox: a network namespace that outlives its containers. */
export interface PodSandbox {
  start(main: ContainerMain): Promise<Container>;
  /** Ends everything in it. */
  remove(): Promise<void>;
}

/** A machine, real or not. */
export interface DataPlane {
  readonly kind: "namespaces" | "toy";
  /** For people: which one, and why. */
  readonly description: string;
  createPod(network: PodNetwork): Promise<PodSandbox>;
  /** Ends everything. */
  close(): Promise<void>;
}
