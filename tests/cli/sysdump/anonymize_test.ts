// Are names and addresses replaced wherever they stand, each by one word, and is nothing else touched?
import assert from "node:assert/strict";
import { anonymize, anonymousText, KnownNames } from "../../../lib/cli/sysdump/anonymize.ts";

function known(): KnownNames {
  const names = new KnownNames();
  names.add("namespace", "core");
  names.add("pod", "amf-7d9-x2x");
  names.add("name", "amf");
  names.add("node", "ip-10-0-0-1.corp.example");
  names.add("network", "n2");
  return names;
}

const rows = [
  {
    it: "a pod in its namespace",
    text: "member=core/amf-7d9-x2x gone",
    becomes: "member=namespace-1/pod-1 gone",
  },
  { it: "a part of another name", text: "core/amf-zzz-yyy", becomes: "namespace-1/name-1-zzz-yyy" },
  { it: "a name with dots", text: "on ip-10-0-0-1.corp.example.", becomes: "on node-1." },
  { it: "not a part of a word", text: "encore amfora n22", becomes: "encore amfora n22" },
  { it: "an address with its length", text: "10.244.0.7/24, 10.244.0.7", becomes: "ipv4-1/24, ipv4-1" },
  { it: "an address at the end of a sentence", text: "via 10.1.2.3.", becomes: "via ipv4-1." },
  { it: "IPv6 in two forms", text: "fd00::1 [fd00:0:0::1]:6443", becomes: "ipv6-1 [ipv6-1]:6443" },
  { it: "a MAC in two forms", text: "7E:0a:44:5c:1d:02 7e:0a:44:5c:1d:02", becomes: "mac-1 mac-1" },
  { it: "the MAC of flooding", text: "00:00:00:00:00:00", becomes: "00:00:00:00:00:00" },
  {
    it: "no host's addresses",
    text: "0.0.0.0 127.0.0.1 ::1 224.0.0.251",
    becomes: "0.0.0.0 127.0.0.1 ::1 224.0.0.251",
  },
  {
    it: "times and versions",
    text: "2026-11-26T18:35:53.850Z 18:35:53 v1.36.3 1.2.3.4.5",
    becomes: "2026-11-26T18:35:53.850Z 18:35:53 v1.36.3 1.2.3.4.5",
  },
  {
    it: "our own names",
    text: "kube-system/kube-vxlan-controller default",
    becomes: "kube-system/kube-vxlan-controller default",
  },
] as const;

for (const { it, text, becomes } of rows) {
  Deno.test(`redacted: ${it}`, () => assert.equal(anonymousText(text, known()), becomes));
}

Deno.test("the same word in all files, in paths and keys of a ConfigMap too, and no key of ours is changed", () => {
  const names = known();
  names.add("pod", "name");
  const [first, second] = anonymize([
    { path: "pods/core/amf-7d9-x2x.json", text: '{"name":"amf-7d9-x2x","podIP":"10.0.0.5"}' },
    { path: "configmaps/networks.json", text: '{"data":{"n2":"route=10.0.0.5/32:10.0.0.1"}}' },
  ], names);
  assert.equal(first?.path, "pods/namespace-1/pod-1.json");
  assert.deepEqual(JSON.parse(first?.text ?? ""), { name: "pod-1", podIP: "ipv4-1" });
  assert.deepEqual(JSON.parse(second?.text ?? ""), { data: { "network-1": "route=ipv4-1/32:ipv4-2" } });
});

Deno.test("pods that only a log knows", () => {
  const [log] = anonymize(
    [{ path: "c.log", text: "WARN x member=tenant/gone-1\nagain gone-1 of tenant" }],
    known(),
  );
  assert.equal(log?.text, "WARN x member=namespace-2/pod-2\nagain pod-2 of namespace-2");
});
