// How does each kind of setting read: its value, or the words of its refusal?
import assert from "node:assert/strict";
import {
  annotationKey,
  count,
  extraFields,
  headerValue,
  headerValues,
  httpAddress,
  namespaceList,
  namespaceName,
  objectName,
  oneOf,
  requestTime,
  serverUrl,
} from "../../../lib/cli/settings/values.ts";
import type { Parsed } from "../../../lib/network/grammar/parsed.ts";

interface Row {
  readonly of: (text: string) => Parsed<unknown>;
  readonly it: string;
  readonly text: string;
  readonly value?: unknown;
  readonly fault?: RegExp;
}

const fruit = oneOf(["apple", "pear"]);
const rows: readonly Row[] = [
  { of: fruit, it: "a word of the list", text: "pear", value: "pear" },
  { of: fruit, it: "another word", text: "Pear", fault: /^expected one of apple, pear$/ },
  { of: serverUrl, it: "https", text: "https://10.0.0.1:6443", value: "https://10.0.0.1:6443" },
  { of: serverUrl, it: "another scheme", text: "ftp://h", fault: /expected https:\/\/ or http:\/\// },
  { of: serverUrl, it: "a password", text: "https://u:p@h", fault: /use --token-file/ },
  { of: serverUrl, it: "a query", text: "https://h/?a", fault: /without query/ },
  { of: namespaceName, it: "a name", text: "kube-system", value: "kube-system" },
  { of: namespaceName, it: "63 characters", text: "a".repeat(63), value: "a".repeat(63) },
  { of: namespaceName, it: "64 characters", text: "a".repeat(64), fault: /at most 63/ },
  { of: namespaceName, it: "a dot", text: "a.b", fault: /namespace name/ },
  { of: namespaceList, it: "blanks and an end", text: "a, b,", value: ["a", "b"] },
  { of: namespaceList, it: "nothing", text: " ", value: [] },
  { of: namespaceList, it: "the wrong one is named", text: "a,B,c", fault: /^"B" is no namespace name$/ },
  { of: objectName, it: "dots", text: "my.config-map", value: "my.config-map" },
  { of: objectName, it: "upper case", text: "Config", fault: /lower-case/ },
  {
    of: annotationKey,
    it: "that of upstream",
    text: "vxlan.openvnf.org/networks",
    value: "vxlan.openvnf.org/networks",
  },
  {
    of: annotationKey,
    it: "where we write",
    text: "x.org/network-status",
    fault: /where the controller writes/,
  },
  { of: annotationKey, it: "a blank", text: "a b", fault: /expected an annotation key/ },
  {
    of: annotationKey,
    it: "longer than an alias",
    text: `x.org/${"a".repeat(300)}`,
    fault: /at most \d+ char/,
  },
  { of: count, it: "a number", text: "200", value: 200 },
  { of: count, it: "zero", text: "0", fault: /from 1 to 999999/ },
  { of: count, it: "a million", text: "1000000", fault: /from 1 to 999999/ },
  { of: count, it: "hexadecimal", text: "0x10", fault: /whole number/ },
  { of: requestTime, it: "no limit", text: "0", value: 0 },
  { of: requestTime, it: "a number is seconds", text: "5", value: 5_000 },
  { of: requestTime, it: "seconds", text: "30s", value: 30_000 },
  { of: requestTime, it: "a minute", text: "1m", value: 60_000 },
  { of: requestTime, it: "several units", text: "1h2m3.5s", value: 3_723_500 },
  { of: requestTime, it: "milliseconds", text: "250ms", value: 250 },
  { of: requestTime, it: "a negative time", text: "-5s", fault: /^expected a time such as 30s/ },
  { of: requestTime, it: "an unknown unit", text: "3d", fault: /^expected a time such as 30s/ },
  { of: requestTime, it: "a unit alone", text: "s", fault: /^expected a time such as 30s/ },
  { of: requestTime, it: "a blank between", text: "1m 5s", fault: /^expected a time such as 30s/ },
  {
    of: headerValue,
    it: "a service account",
    text: "system:serviceaccount:a:b",
    value: "system:serviceaccount:a:b",
  },
  { of: headerValue, it: "a new line", text: "a\r\nx: y", fault: /plain signs/ },
  { of: headerValue, it: "nothing", text: "", fault: /plain signs/ },
  { of: headerValues, it: "two", text: "a\nb c", value: ["a", "b c"] },
  {
    of: extraFields,
    it: "a key twice, and a value with =",
    text: "scopes=view\nreason=a=b\nscopes=edit",
    value: { scopes: ["view", "edit"], reason: ["a=b"] },
  },
  { of: extraFields, it: "no value", text: "scopes", fault: /expected KEY=VALUE/ },
  { of: extraFields, it: "no key", text: "=view", fault: /expected KEY=VALUE/ },
  { of: headerValues, it: "one that is none", text: "a\n\u00e9", fault: /plain signs/ },
  { of: httpAddress, it: "off", text: "off", value: { kind: "off" } },
  { of: httpAddress, it: "every address", text: ":9090", value: { kind: "listen", port: 9090 } },
  { of: httpAddress, it: "IPv6", text: "[::1]:0", value: { kind: "listen", hostname: "::1", port: 0 } },
  { of: httpAddress, it: "a port that is none", text: ":70000", fault: /expected an address like :9090/ },
];

for (const { of, it, text, value, fault } of rows) {
  Deno.test(`setting ${of.name || "one of"}: ${it}`, () => {
    const read = of(text);
    if (read.kind === "value") assert.deepEqual(read.value, value);
    else assert.match(read.reason, fault ?? assert.fail(read.reason));
  });
}
