// Which option was meant: obvious near matches are suggested, guesses are not.
import assert from "node:assert/strict";
import { similarOption } from "../../../lib/network/grammar/spelling.ts";

const cases = [
  { it: "another word for it", text: "vni", meant: "id" },
  { it: "the port", text: "port", meant: "dstport" },
  { it: "upper case", text: "ID", meant: "id" },
  { it: "upper case of another word", text: "VxlanId", meant: "id" },
  { it: "a letter too many", text: "routee", meant: "route" },
  { it: "a letter too few", text: "rout", meant: "route" },
  { it: "a wrong letter", text: "ruute", meant: "route" },
  { it: "two letters swapped", text: "dstprot", meant: "dstport" },
  { it: "two letters swapped at the start", text: "tmu", meant: "mtu" },
  { it: "singular for plural", text: "namespace", meant: "namespaces" },
  { it: "the opposite of up", text: "down", meant: "up" },
  { it: "a letter too many, of two", text: "ipp", meant: "ip" },
  { it: "a letter too many before two", text: "iid", meant: "id" },
  { it: "an underscore for a hyphen", text: "VXLAN_ID", meant: "id" },
  { it: "the address, in full", text: "ip_address", meant: "ip" },
  { it: "both letters swapped", text: "pu", meant: "up" },
  { it: "another letter of two: no guess", text: "iq", meant: undefined },
  { it: "two edits: no guess", text: "roote2", meant: undefined },
  { it: "too short to be one edit from anything", text: "x", meant: undefined },
  { it: "something else", text: "color", meant: undefined },
  { it: "nothing", text: "", meant: undefined },
  { it: "a property of every object", text: "constructor", meant: undefined },
] as const;

for (const { it, text, meant } of cases) {
  Deno.test(`similarOption: ${it}`, () => assert.equal(similarOption(text), meant));
}
