// What does a log line look like, and does foreign text stay harmless and secrets stay out of it?
import assert from "node:assert/strict";
import fc from "fast-check";
import { harmless, longestText, redact } from "../../lib/text/printable.ts";
import { createLog, type Log, type LogFields, type LogFormat, type LogLevel } from "../../lib/ops/log.ts";
import { tries } from "../tools/by_chance.ts";

const wall = (): Date => new Date("2026-11-23T09:15:16.123Z");

function logged(format: LogFormat, tell: (log: Log) => void, level: LogLevel = "debug"): string[] {
  const lines: string[] = [];
  tell(createLog({ level, format, clock: { wall }, write: (line) => lines.push(line) }));
  return lines;
}

const textRows: readonly {
  readonly it: string;
  readonly message: string;
  readonly fields?: LogFields;
  readonly line: string;
}[] = [
  { it: "is a sentence alone", message: "Started", line: "Started" },
  {
    it: "appends fields as they are given",
    message: "Interface made",
    fields: { member: "default/a", network: "west", vni: 100, up: true },
    line: "Interface made  member=default/a network=west vni=100 up=true",
  },
  { it: "leaves out what is undefined", message: "m", fields: { a: undefined, b: 1 }, line: "m  b=1" },
  { it: "quotes blanks", message: "m", fields: { why: "no such network" }, line: 'm  why="no such network"' },
  { it: "quotes an empty value", message: "m", fields: { why: "" }, line: 'm  why=""' },
  { it: "escapes quotes", message: "m", fields: { why: 'say "x"' }, line: 'm  why="say \\"x\\""' },
  { it: "quotes what looks like another field", message: "m", fields: { a: "1=2" }, line: 'm  a="1=2"' },
  {
    it: "tells an escape of ours from one that was sent",
    message: "m",
    fields: { ours: "\x1b", sent: "\\u{1b}" },
    line: 'm  ours=\\u{1b} sent="\\\\u{1b}"',
  },
  { it: "keeps to one line", message: 'Cannot read "a\r\nb"', line: 'Cannot read "a\\u{d}\\u{a}b"' },
  { it: "escapes ESC, DEL and C1", message: "\x1b[2J\x7f\x9b", line: "\\u{1b}[2J\\u{7f}\\u{9b}" },
  {
    it: "escapes bidi controls",
    message: "\u202e\u2066\u200f\u061c",
    line: "\\u{202e}\\u{2066}\\u{200f}\\u{61c}",
  },
  { it: "escapes Unicode line ends", message: "\u2028\u2029\x85", line: "\\u{2028}\\u{2029}\\u{85}" },
  { it: "escapes lone surrogates only", message: "\ud800 😀", line: "\\u{d800} 😀" },
  { it: "escapes what cannot be seen", message: "a\u200bb\u{e0041}", line: "a\\u{200b}b\\u{e0041}" },
  { it: "keeps letters of every script", message: "Grüße, 世界, مرحبا", line: "Grüße, 世界, مرحبا" },
];

for (const { it, message, fields, line } of textRows) {
  Deno.test(`a text line ${it}`, () => {
    const lines = logged("text", (log) => log.info(message, fields));
    assert.deepEqual(lines, [`2026-11-23T09:15:16.123Z INFO  ${line}`]);
  });
}

Deno.test("levels are aligned, and those below the chosen one are dropped", () => {
  const tell = (log: Log): void => {
    log.debug("d");
    log.info("i");
    log.warn("w");
  };
  const head = "2026-11-23T09:15:16.123Z";
  assert.deepEqual(logged("text", tell), [
    `${head} DEBUG d`,
    `${head} INFO  i`,
    `${head} WARN  w`,
  ]);
  assert.deepEqual(logged("text", tell, "warn"), [`${head} WARN  w`]);
});

Deno.test("a JSON line is one object: time, level, message, then fields with their types", () => {
  const [line = ""] = logged("json", (log) => log.warn('Say "x"', { n: 3, ok: false, bad: NaN, s: "\x1b" }));
  assert.equal(
    line,
    '{"time":"2026-11-23T09:15:16.123Z","level":"warn","message":"Say \\"x\\"","n":3,"ok":false,"bad":"NaN","s":"\\\\u{1b}"}',
  );
});

Deno.test("a field cannot replace level or message in JSON", () => {
  const [line = ""] = logged("json", (log) => log.info("m", { level: "error", message: "x", time: 1 }));
  assert.deepEqual(JSON.parse(line), {
    time: "2026-11-23T09:15:16.123Z",
    level: "info",
    message: "m",
    level_: "error",
    message_: "x",
    time_: 1,
  });
});

Deno.test("every line is counted by its level, dropped ones are not", () => {
  const counted: string[] = [];
  const log = createLog({
    level: "info",
    format: "text",
    clock: { wall },
    write: () => {},
    onLine: (level) => counted.push(level),
  });
  log.debug("d");
  log.warn("w", { a: 1 });
  assert.deepEqual(counted, ["warn"]);
});

Deno.test("whatever is logged, a line is printable, and JSON stays JSON", () => {
  const visible = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u;
  const unit = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(unit, unit, (message, value) => {
      const [text = ""] = logged("text", (log) => log.info(message, { value }));
      const [json = ""] = logged("json", (log) => log.info(message, { value }));
      assert.match(text, visible);
      assert.match(json, visible);
      assert.deepEqual(Object.keys(JSON.parse(json)), ["time", "level", "message", "value"]);
    }),
    tries(),
  );
});

Deno.test("harmless text is left as it is, and escaping twice changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => assert.equal(harmless(text), text)),
    tries(),
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(harmless(harmless(text)), harmless(text));
    }),
    tries(),
  );
});

Deno.test("a very long text is cut, and the line says by how much", () => {
  const [line = ""] = logged("text", (log) => log.info("x".repeat(longestText + 7)));
  assert.ok(line.endsWith("x… (7 more characters)"));
});

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl";
const secrets = [
  { it: "a Authorization header", text: `Authorization: Bearer ${jwt}`, secret: "eyJ" },
  { it: "a short static token", text: "authorization: bearer abc123 refused", secret: "abc123" },
  { it: "a token alone", text: `token "${jwt}" has expired`, secret: "eyJ" },
  { it: "basic authentication", text: "Authorization: Basic dXNlcjpwYXNz", secret: "dXNlcjpwYXNz" },
  {
    it: "a WebSocket subprotocol",
    text: "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.c2VjcmV0",
    secret: "c2VjcmV0",
  },
  { it: "a password in a URL", text: "https://admin:hunter2@example.test/api", secret: "hunter2" },
  {
    it: "a private key",
    text: "-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----",
    secret: "MHcCAQ",
  },
  { it: "a private key that was cut off", text: "-----BEGIN PRIVATE KEY-----\nMHcCAQ", secret: "MHcCAQ" },
];
for (const { it, text, secret } of secrets) {
  Deno.test(`${it} is redacted in messages and fields of both formats`, () => {
    for (const format of ["text", "json"] as const) {
      const [line = ""] = logged(format, (log) => log.info(text, { field: text }));
      assert.ok(!line.includes(secret), line);
      assert.ok(line.includes("[redacted"), line);
    }
  });
}

Deno.test("ordinary sentences about credentials are not changed", () => {
  for (
    const text of ["Cannot read the token file /var/run/token", "basic configuration: 3 networks", "eyJ"]
  ) {
    assert.equal(redact(text), text);
  }
});
