// A client that says what no library would: half a request, nonsense, nothing.

/** Connects to `127.0.0.1:9090`, say. */
export async function connectTo({ address = "" }: { readonly address?: string }): Promise<Deno.TcpConn> {
  const [hostname = "", port] = address.split(":");
  return await Deno.connect({ hostname, port: Number(port) });
}

/** Sends this and reads until the server ends the connection. */
export async function say(server: { readonly address?: string }, text: string): Promise<string> {
  const connection = await connectTo(server);
  try {
    await connection.write(new TextEncoder().encode(text));
    return await new Response(connection.readable).text();
  } catch (error) {
    return `reset: ${error instanceof Error ? error.name : error}`;
  }
}

/** True when the other side has ended the connection, now or before. */
export async function isEnded(connection: Deno.Conn): Promise<boolean> {
  const bytes = new Uint8Array(64 * 1024);
  for (;;) {
    const read = await connection.read(bytes).catch(() => null);
    if (read === null) return true;
  }
}
