#!/usr/bin/env node
// Which Deno runs the program, and with which permissions? That of the npm package `deno`; program.json has the flags.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";

const { flags } = JSON.parse(readFileSync(new URL("./program.json", import.meta.url), "utf8"));
const program = fileURLToPath(new URL("./kube-vxlan-controller.js", import.meta.url));
// Its version is pinned, so what it offers to others is known.
const deno = createRequire(import.meta.url)("deno/install_api.cjs").runInstall();

// Companies have certificates of their own, and a package.json around us says nothing about the program.
const env = { DENO_TLS_CA_STORE: "mozilla,system", ...process.env, DENO_NO_PACKAGE_JSON: "1" };
const child = spawn(deno, ["run", ...flags, program, ...process.argv.slice(2)], { stdio: "inherit", env });

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  process.stderr.write(`Cannot start Deno at ${deno}: ${error.message}\n`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
