// Does anything that an API server, a proxy or a kubeconfig may say break a reader, or fill the memory?
import assert from "node:assert/strict";
import { createItemReader } from "../../lib/kube/api/items.ts";
import { ConfigError } from "../../lib/kube/config/connection.ts";
import { planCredentials } from "../../lib/kube/config/credential_plan.ts";
import { parseKubeconfig, selectContext } from "../../lib/kube/config/kubeconfig.ts";
import { outcomeOfStatus, readFrame } from "../../lib/kube/exec/protocol.ts";
import { readLongEvent, readWatchEvent } from "../../lib/kube/watch/events.ts";
import { readLines } from "../../lib/kube/watch/stream.ts";
import { createLineReader } from "../../lib/text/line_reader.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { kubeconfigCorpus } from "../kube/config/kubeconfig_corpus.ts";
import { fuzz } from "./fuzzing.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** In portions of odd sizes. */
function* portions(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 4099 + 1) {
    yield bytes.subarray(at, at + size);
  }
}

const metadata = { name: "a", namespace: "n", uid: "u", resourceVersion: "7", labels: { uid: "x" } };
const event = JSON.stringify({ type: "MODIFIED", object: { metadata, args: '\\<"'.repeat(50) } });
const error = JSON.stringify({
  type: "ERROR",
  object: { kind: "Status", code: 410, details: { causes: [{}] } },
});
const samples = [`${event}\n${event}\n`, `${error}\n`, `{"items":[${event},${event}],"metadata":{}}`].map((
  text,
) => encoder.encode(text));
const words = [
  '"metadata":{',
  '"resourceVersion":"',
  '"items":[',
  "\n",
  "\\",
  '"',
  "{",
  "}",
  "\u0000",
  "é",
  '"type":"DELETED"',
];

fuzz({
  name: "line reader",
  samples,
  words,
  tryOne: (input) => {
    const lines = createLineReader();
    const read = [...portions(input)].flatMap((chunk) => [...lines.push(chunk)]);
    const rest = decoder.decode(lines.takePending());
    assert.equal([...read, rest].join("\n"), input.length === 0 ? "" : textOf(input));
  },
});

/** Each line is text of its own: bytes that are no UTF-8 end with it. */
function textOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  let from = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
    lines.push(decoder.decode(bytes.subarray(from, at)));
    from = at + 1;
  }
  return [...lines, decoder.decode(bytes.subarray(from))].join("\n");
}

fuzz({
  name: "watch stream and lists",
  samples,
  words,
  tryOne: async (input) => {
    const body = new ReadableStream<Uint8Array>({
      start: (out) => {
        for (const chunk of portions(input)) out.enqueue(chunk);
        out.close();
      },
    });
    const end = await readLines(body, {
      clock: systemClock,
      idle: 60_000,
      limit: 60_000,
      lineLimit: 500,
      onLine: (line) => readWatchEvent(line).kind !== "too-long",
      onLongLine: (head) => readLongEvent(head).kind === "too-long",
    });
    assert.equal(end.kind, "ended");
    const items = createItemReader({
      itemLimit: 500,
      onItem: (text) => assert.ok(text.length <= 500),
      onLong: readLongEvent,
    });
    for (const chunk of portions(input)) items.push(chunk);
    items.rest();
  },
});

fuzz({
  name: "exec frames",
  samples: [[0], [1, 104, 105], [2, 33], [255, 0], [
    3,
    ...encoder.encode('{"status":"Failure","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}'),
  ]]
    .map((bytes) => new Uint8Array(bytes)),
  words: ['"status":"Success"', '"ExitCode"', '"message":"', "\u0003", "{", "}"],
  tryOne: (input) => {
    const frame = readFrame(input);
    if (frame.kind !== "status") return;
    const outcome = outcomeOfStatus(decoder.decode(frame.bytes));
    assert.ok("reason" in outcome ? outcome.reason.length < 15_000 : true);
  },
});

fuzz({
  name: "kubeconfig",
  samples: kubeconfigCorpus.flatMap(({ files }) => files).map((text) => encoder.encode(text)),
  words: [
    "<<: ",
    "*a",
    "&a ",
    "---\n",
    "- ",
    ": ",
    "\n  ",
    "!!binary ",
    "{",
    "}",
    "[",
    "\t",
    "as: x",
    "exec:",
    "null",
  ],
  tryOne: (input) => {
    try {
      planCredentials(selectContext(parseKubeconfig(decoder.decode(input), "/a"), undefined));
    } catch (error) {
      assert.ok(error instanceof ConfigError, `not a ConfigError: ${error}`);
    }
  },
});
