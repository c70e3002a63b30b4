"""Run several step servers in turn (A B A B ...) and compare them, so that the machine's mood falls on all alike.

Each argument is a command that speaks the serve protocol: it prints one JSON line when ready, answers each line "step" with one
JSON line that holds "seconds", and ends at "quit". A command that ends in .py's options is run by this interpreter.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys


class Server:
    def __init__(self, command):
        self.command = command
        words = shlex.split(command)
        environment = dict(os.environ)
        while "=" in words[0]:
            name, value = words.pop(0).split("=", 1)
            environment[name] = value
        if words[0].endswith(".py"):
            words.insert(0, sys.executable)
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.ready = self.read()
        self.answers = []

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"alternate: {self.command!r} ended with {self.process.wait()} before it answered")
        return json.loads(line)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.read()
        if "seconds" not in answer:
            sys.exit(f"alternate: {self.command!r} answered {answer}")
        self.answers.append(answer)

    def quit(self):
        self.process.stdin.write("quit\n")
        self.process.stdin.close()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--numbered", action="store_true", help="send 'step <round>', so that all sides run the same batch")
    parser.add_argument("commands", nargs="+")
    args = parser.parse_args()
    servers = [Server(command) for command in args.commands]
    for number in range(args.rounds):
        for server in servers:
            server.ask(f"step {number}" if args.numbered else "step")
    for server in servers:
        server.quit()
    first = [a["seconds"] for a in servers[0].answers]
    for server in servers:
        seconds = [a["seconds"] for a in server.answers]
        phases = server.answers[0].get("phases", {})
        samples = sum(a.get("samples", 0) for a in server.answers)
        print(json.dumps({
            "command": server.command, "median": round(statistics.median(seconds), 4), "fastest": round(min(seconds), 4),
            "timesFirst": round(statistics.median(s / f for s, f in zip(seconds, first)), 3),  # median of the paired ratios
            "phases": {p: round(statistics.median(a["phases"][p] for a in server.answers), 4) for p in phases},
            "samplesPerSecond": round(samples / sum(seconds), 2) if samples else None,
            "peakRssBytes": server.answers[-1].get("peakRssBytes"), "ready": {k: server.ready.get(k) for k in ("precision", "arithmetic", "gemm")},
            "seconds": [round(s, 4) for s in seconds],
        }), flush=True)


if __name__ == "__main__":
    sys.exit(main())
