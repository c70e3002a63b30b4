#!/usr/bin/env node
// The `relata` program.
import { guardStandardStreams } from "./output.ts";
import { runCommandLine } from "./run-command-line.ts";

guardStandardStreams(process.argv.includes("--json"));
process.exitCode = await runCommandLine(process.argv.slice(2));
