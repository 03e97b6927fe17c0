// Texts that come near the grammar, from both sides: annotations and ConfigMaps for property tests.
import fc from "fast-check";

const noise = fc.string({ unit: "binary", maxLength: 12 });

const value = anyOf(
  "1 5 1000 16777215 16777216 0 0145 0x91 -1 1e3 4789 1400 68 67 true false vxlan 4 6 * web,db eth0 tun0 lo x all",
  "-batch $(id) a;reboot 10.0.0.1/24 10.0.0.2/24 fd00::1/64 FD00::2/64 10.1/8 010.0.0.1/8 ::ffff:a00:1/64 10.0.0.0/8",
  "10.1.0.0/16:10.0.0.1 fd01::/64:fd00::1 10.1.0.1/16:10.0.0.1 0.0.0.0/0:10.0.0.1 fd01::/64:10.0.0.1",
  "none 10.0.0.10/24+ordinal fd00::10/64+ordinal 10.0.0.0/24 10.0.0.10-10.0.0.20 10.0.0.9-10.0.0.1 10.0.0.5,10.0.0.7-10.0.0.9",
  "02:00:00:00:00:01 01:00:00:00:00:01 00:00:00:00:00:00",
);
const rareValue = fc.constantFrom("", "\u001b[2J", "a\u0000b", "\u202e", "a\u00a0b");
const option = anyOf(
  "type id name dev up ip subnet range exclude route mtu dstport mac family namespaces vni ID port constructor __proto__",
);
const goodWord = anyOf(
  "id=1 id=2 id=5 id=1000 name=x name=y dev=tun0 up up=false mtu=1400 mtu=100 dstport=4789 type=vxlan",
  "ip=10.0.0.1/24 ip=10.0.0.2/24 ip=fd00::1/64 route=10.1.0.0/16:10.0.0.1 route=fd01::/64:fd00::1 ip=none ip=10.0.0.10/24+ordinal mac=02:00:00:00:00:01",
);
const word = fc.oneof(
  { weight: 40, arbitrary: goodWord },
  {
    weight: 6,
    arbitrary: fc.tuple(option, fc.oneof({ weight: 5, arbitrary: value }, rareValue)).map(assigned),
  },
  { weight: 1, arbitrary: anyOf("up id 1000 = == wat") },
  { weight: 1, arbitrary: noise },
);
const goodName = anyOf("vxeth0 vxeth1 vxeth2 a b c");
const oddName = anyOf("up default eth0 a-name-too-long-for-an-interface -x $(id) x=y");
const name = fc.oneof({ weight: 12, arbitrary: goodName }, { weight: 3, arbitrary: oddName }, noise);
const blank = fc.constantFrom(" ", " ", "\t", "\n  ", "\n\t", "\r\n ", "  ");
const separator = fc.constantFrom(
  ",",
  ", ",
  "\n",
  "\n",
  "\r\n",
  "\r",
  "\n\n",
  ",\n",
  ",,",
  " ",
  "\n  ",
  ",\n  ",
);
const entry = fc.tuple(name, fc.array(fc.tuple(blank, word), { maxLength: 3 })).map(concatenated);

/** Annotations made of the grammar's own parts, right and wrong. */
export const grammarLike: fc.Arbitrary<string> = fc.array(fc.tuple(entry, separator), { maxLength: 5 }).map(
  concatenated,
);

/** Annotations, a few of them plain noise. */
export const annotationText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: grammarLike },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
);

const clusterOptions = fc.oneof(
  { weight: 8, arbitrary: fc.array(fc.tuple(word, blank), { maxLength: 3 }).map(concatenated) },
  {
    weight: 12,
    arbitrary: fc.constantFrom("id=1", "2", "id=3 dev=tun0", "4", "id=5 namespaces=web", "6", ""),
  },
  { weight: 1, arbitrary: annotationText },
);

/** The data of a ConfigMap. */
export const configMapData: fc.Arbitrary<Record<string, string>> = fc.dictionary(name, clusterOptions, {
  maxKeys: 9,
});

function anyOf(...lines: readonly string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...lines.flatMap((line) => line.split(" ")));
}

function assigned([key, text]: readonly [string, string]): string {
  return `${key}=${text}`;
}

interface Nested extends ReadonlyArray<string | Nested> {}

function concatenated(parts: Nested): string {
  return parts.flatMap((part) => typeof part === "string" ? [part] : concatenated(part)).join("");
}
