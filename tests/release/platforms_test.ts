// Are programs told apart by their machine, and what are files of amd64 called on arm64?
import assert from "node:assert/strict";
import { arm64Name } from "./dry_run/arm64_root.ts";
import { machineOf } from "./dry_run/elf.ts";

/** The first bytes of an ELF file. */
function elf(machine: number, { isLittleEndian = true } = {}): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, isLittleEndian ? 1 : 2]);
  new DataView(bytes.buffer).setUint16(18, machine, isLittleEndian);
  return bytes;
}

for (
  const { it, start, machine } of [
    { it: "x86-64", start: elf(62), machine: "amd64" },
    { it: "64-bit ARM", start: elf(183), machine: "arm64" },
    { it: "another one", start: elf(40), machine: "machine 40" },
    { it: "another one, big endian", start: elf(22, { isLittleEndian: false }), machine: "machine 22" },
    { it: "a script", start: new TextEncoder().encode("#!/bin/sh\necho a program\n"), machine: undefined },
    { it: "a short file", start: elf(62).subarray(0, 10), machine: undefined },
    { it: "an empty file", start: new Uint8Array(), machine: undefined },
  ]
) {
  Deno.test(`machine of ${it}`, () => assert.equal(machineOf(start), machine));
}

Deno.test({
  name: "this Deno is a program for this machine",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const start = (await Deno.readFile(Deno.execPath())).subarray(0, 20);
    assert.equal(machineOf(start), { x86_64: "amd64", aarch64: "arm64" }[Deno.build.arch]);
  },
});

for (
  const { path, there } of [
    { path: "usr/bin/ip", there: "usr/bin/ip" },
    { path: "usr/lib/x86_64-linux-gnu/libc.so.6", there: "usr/lib/aarch64-linux-gnu/libc.so.6" },
    { path: "usr/lib64/ld-linux-x86-64.so.2", there: "usr/lib/ld-linux-aarch64.so.1" },
    {
      path: "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
      there: "../lib/aarch64-linux-gnu/ld-linux-aarch64.so.1",
    },
  ]
) {
  Deno.test(`on arm64: ${path}`, () => assert.equal(arm64Name(path), there));
}
