// Names of networks, interfaces and devices.
import assert from "node:assert/strict";
import { parseDeviceName, parseInterfaceName, parseNetworkName } from "../../../lib/network/grammar/names.ts";

const charset = 'expected a name that begins with a letter and goes on with letters, digits, "_", "." or "-"';
const reserved = "it is a reserved word: expected a name that is no keyword of ip or bridge";

/** Absent: the name is taken. */
interface Row {
  readonly it: string;
  readonly text: string;
  readonly network?: string;
  readonly interface?: string;
  readonly device?: string;
}

function refused(reason: string): Pick<Row, "network" | "interface" | "device"> {
  return { network: reason, interface: reason, device: reason };
}

const cases: readonly Row[] = [
  { it: "an ordinary name", text: "vxeth0" },
  { it: "every kind of character", text: "A.b_c-9" },
  { it: "one letter", text: "x" },
  { it: "15 characters", text: "a23456789012345" },
  {
    it: "16 characters: too long for the kernel",
    text: "a234567890123456",
    interface: "it has 16 characters: expected at most 15",
    device: "it has 16 characters: expected at most 15",
  },
  {
    it: "64 characters: too long for the alias",
    text: "a".repeat(64),
    network: "it has 64 characters: expected at most 63",
    interface: "it has 64 characters: expected at most 15",
    device: "it has 64 characters: expected at most 15",
  },
  { it: "a reserved word", text: "default", interface: reserved },
  { it: "the loopback device", text: "lo", interface: reserved },
  { it: "a keyword of iproute2", text: "dev", interface: reserved },
  { it: "a keyword in upper case is none", text: "DEV" },
  { it: "nothing", text: "", ...refused(charset) },
  { it: "a digit first", text: "0eth", ...refused(charset) },
  { it: "an option of ip", text: "-batch", ...refused(charset) },
  { it: "a command substitution", text: "$(id)", ...refused(charset) },
  { it: "a path", text: "../lo", ...refused(charset) },
  { it: "a dot", text: ".", ...refused(charset) },
  { it: "a template of the kernel", text: "vx%d", ...refused(charset) },
  { it: "a colon", text: "eth0:1", ...refused(charset) },
  { it: "a blank", text: "vx eth", ...refused(charset) },
  { it: "a line end behind it", text: "vxeth0\n", ...refused(charset) },
  { it: "a letter of another script", text: "vхeth0", ...refused(charset) },
];

for (const row of cases) {
  Deno.test(`names: ${row.it}`, () => {
    const reasons = [parseNetworkName(row.text), parseInterfaceName(row.text), parseDeviceName(row.text)].map(
      (read) => read.kind === "fault" ? read.reason : undefined,
    );
    assert.deepEqual(reasons, [row.network, row.interface, row.device]);
  });
}
