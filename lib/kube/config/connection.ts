// Which API server, and with which credentials: kubeconfig, flags or service account become one value.
import type { Clock } from "../../time/clock.ts";

/** How a connection was found, for messages: "kubeconfig /home/x/.kube/config, context prod". */
export interface ConnectionSource {
  readonly description: string;
}

/** Credentials at this moment; asked for again before every request, because tokens and certificates rotate. */
export interface Credentials {
  /** Value of the Authorization header, if any. */
  readonly authorization?: string;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** One API server. */
export interface Connection {
  readonly source: ConnectionSource;
  /** Base URL without a trailing slash; may hold a path. */
  readonly server: string;
  /** The name that the server's certificate must have, where it is not that of the address. */
  readonly tlsServerName?: string;
  /** The HTTP proxy through which it is reached: `http://HOST:PORT`, perhaps with user and password. */
  readonly proxy?: string;
  /** As whom it is to take each request, by headers; the account itself needs the right to impersonate. */
  readonly impersonation?: ImpersonationHeaders;
  /** ms for each request, instead of what each request allows itself; 0: no limit. */
  readonly requestTimeout?: number;
  /** Namespace of the context or service account, if one is given. */
  readonly namespace?: string;
  /** Namespace that this program itself runs in; known from a service account only. */
  readonly ownNamespace?: string;
  /** Fresh credentials (cached for a short monotonic time). `force` reads again, after a 401. Throws ConfigError. */
  credentials(options?: { readonly force?: boolean }): Promise<Credentials>;
}

/** Header → its values. */
export type ImpersonationHeaders = Readonly<Record<string, readonly string[]>>;

/** As whom to act; what is undefined is not said. */
export interface Impersonation {
  readonly user?: string | undefined;
  readonly uid?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  /** Values of each key. */
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** The configuration cannot be loaded or used: says what was tried, the field and the remedy. Exit status 3. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** What the user said; absent means not said. */
export interface ConnectionOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly server?: string;
  readonly caCertFile?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** Each of its fields wins over that of the kubeconfig. */
  readonly impersonation?: Impersonation;
  /** ms; 0: no limit. */
  readonly requestTimeout?: number;
}

/** A program to run for credentials. */
export interface HostCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to our own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** ms after which it is killed. */
  readonly timeout: number;
  /** Aborted: it is killed. */
  readonly signal?: AbortSignal;
  /** Told at once of what it says to people: how to log in, say. */
  readonly onStderr?: (bytes: Uint8Array) => void;
}

/** What came of it. Output is cut at 1 MiB. */
export type HostCommandResult =
  | { readonly kind: "ended"; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: "failed"; readonly reason: string };

/** What finding a connection needs of the machine. */
export interface ConnectionHost {
  /** One variable of the environment. */
  readonly env: (name: string) => string | undefined;
  /** Rejects when the file cannot be read. */
  readonly readTextFile: (path: string) => Promise<string>;
  readonly clock: Clock;
  /** Runs a credential plugin; without it a kubeconfig that names one is an error. Never rejects. */
  readonly runCommand?: (command: HostCommand) => Promise<HostCommandResult>;
  /** Aborted when the program is to end: a credential plugin does not outlive it. */
  readonly stop?: AbortSignal;
  /** Takes what a credential plugin says to people, as it comes. */
  readonly passOn?: (bytes: Uint8Array) => void;
}
