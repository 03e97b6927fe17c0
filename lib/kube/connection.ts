// Which API server, and with which credentials: kubeconfig, flags or service account become one value.

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
  /** Namespace of the context or service account, if one is given. */
  readonly namespace?: string;
  /** Fresh credentials (cached for a short monotonic time). `force` reads again, after a 401. Throws ConfigError. */
  credentials(options?: { readonly force?: boolean }): Promise<Credentials>;
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
}
