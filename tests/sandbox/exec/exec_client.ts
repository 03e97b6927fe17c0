// How do the sandbox's own tests run a command through its API server? The built-in WebSocket, nothing of the product.

/** What came over the socket until its end. */
export interface ExecTranscript {
  readonly protocol: string;
  readonly stdout: string;
  readonly stderr: string;
  /** The Status of channel 3, if one came. */
  // deno-lint-ignore no-explicit-any -- tests read deep into foreign JSON
  readonly status: any;
  /** Channels of all frames in order, as text: `1 1 3`. */
  readonly frames: string;
  /** Whether the socket was closed with a handshake. */
  readonly clean: boolean;
}

/** One exec of a test. */
export interface ExecCall {
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  /** Text for stdin; with v5 its end is told too. Absent: no stdin is asked for. */
  readonly stdin?: string;
  /** Default: v5, then v4. */
  readonly protocols?: readonly string[];
  /** Ends the conversation from our side. */
  readonly signal?: AbortSignal;
}

/** Runs it until the socket is closed. Throws when it does not open. */
export async function execute(server: string, call: ExecCall): Promise<ExecTranscript> {
  const { pod, container, command, stdin, protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"] } = call;
  const query = new URLSearchParams({ container, stdout: "true", stderr: "true" });
  if (stdin !== undefined) query.set("stdin", "true");
  for (const word of command) query.append("command", word);
  const url = `${server.replace("http", "ws")}/api/v1/namespaces/default/pods/${pod}/exec?${query}`;
  const socket = new WebSocket(url, [...protocols]);
  socket.binaryType = "arraybuffer";
  const texts = new Map<number, string>();
  const frames: number[] = [];
  const closed = Promise.withResolvers<boolean>();
  let opened = false;
  socket.onopen = () => {
    opened = true;
    if (stdin === undefined) return;
    socket.send(frame(0, stdin));
    if (socket.protocol.startsWith("v5")) socket.send(new Uint8Array([255, 0]));
  };
  socket.onmessage = ({ data }) => {
    const bytes = new Uint8Array(data);
    const channel = bytes[0] ?? -1;
    frames.push(channel);
    texts.set(channel, (texts.get(channel) ?? "") + new TextDecoder().decode(bytes.subarray(1)));
  };
  socket.onerror = () => {};
  socket.onclose = (event) => closed.resolve(event.wasClean);
  call.signal?.addEventListener("abort", () => socket.close());
  const clean = await closed.promise;
  if (!opened) throw new Error("the socket did not open");
  return {
    protocol: socket.protocol,
    stdout: texts.get(1) ?? "",
    stderr: texts.get(2) ?? "",
    status: texts.has(3) ? JSON.parse(texts.get(3) ?? "") : undefined,
    frames: frames.join(" "),
    clean,
  };
}

function frame(channel: number, text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array([channel, ...new TextEncoder().encode(text)]);
}
