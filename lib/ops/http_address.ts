// Where does the HTTP server listen: what the user wrote becomes an address, or a sentence that says what is wrong.

/** What `--http-address` asks for. `hostname` undefined: every address of the machine, of both families. */
export type HttpAddress =
  | { readonly kind: "off" }
  | { readonly kind: "listen"; readonly hostname?: string; readonly port: number };

/**
 * Reads `:9090`, `127.0.0.1:9090`, `[::1]:9090`, `localhost:9090` or `off`. Port 0 takes any free port. Gives the
 * reason, as the end of a sentence, when it is none of these.
 */
export function readHttpAddress(
  text: string,
): { readonly address: HttpAddress } | { readonly expected: string } {
  if (text === "off") return { address: { kind: "off" } };
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    return { expected: "an address like :9090, 127.0.0.1:9090 or [::1]:9090, or off" };
  }
  const hostname = match[1] ?? match[2] ?? "";
  return { address: hostname === "" ? { kind: "listen", port } : { kind: "listen", hostname, port } };
}
