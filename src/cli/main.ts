#!/usr/bin/env node
// The `relata` program.
import { guardAgainstClosedPipes } from "./output.ts";
import { runCommandLine } from "./run-command-line.ts";

guardAgainstClosedPipes();
process.exitCode = await runCommandLine(process.argv.slice(2));
