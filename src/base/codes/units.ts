// Codes of work that is cut into units and divided among machines.
import type { CodeTable } from "./code-table.ts";

/** Errors about units, shards and queues. */
export const UNIT_CODES = {
  "units/bad-address": {
    means: "The address of the object store cannot be read.",
    remedy:
      "Write it like `s3://bucket/prefix` or `s3://bucket/prefix?endpoint=http://127.0.0.1:9000`. Keys belong in the environment.",
  },
  "units/claim-lost": {
    means:
      "The process stood still for more than a minute, on a sleeping machine for instance, and another process continued with the stage of an experiment, or with the teacher, that it had begun.",
    remedy: "Run the command again: it continues with what nobody does.",
    fault: "work",
  },
  "units/damaged-unit": {
    means:
      "The published result of a unit is incomplete, was changed, or belongs to another unit or job. A file system without hard links can leave such a file when a process is killed.",
    remedy:
      "Remove the object that the message names and run the command again, which makes this unit again.",
  },
  "units/incomplete": {
    means: "The result cannot be put together, because some units are not published.",
    remedy:
      "Run the shards that the message names, or all of them: what is published is not done again. If a unit keeps failing, its own error says why.",
    fault: "work",
  },
  "units/input-changed": {
    means: "The rows of a unit are not those that were in the input when it was divided into units.",
    remedy:
      "Give every machine the same input. If the input was meant to change, start again: its units get keys of their own.",
  },
  "units/no-bucket": {
    means:
      "The object store has no such bucket, or has it in another region. The message has the server's words.",
    remedy: "Check bucket, region and endpoint. The bucket has to exist.",
  },
  "units/no-conditional-put": {
    means:
      "The object store does not know conditional puts (`If-None-Match: *`), without which two workers could write one result.",
    remedy:
      "Use a server that does, such as Amazon S3, MinIO, Cloudflare R2 or Ceph in a new version, or a folder that all machines share.",
  },
  "units/no-credentials": {
    means: "The keys for the object store are not in the environment.",
    remedy:
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN for temporary keys. Files of profiles are not read.",
  },
  "units/no-s3-client": {
    means: "The package that signs requests to S3 is not installed.",
    remedy: "`npm install aws4fetch`",
  },
  "units/no-model": {
    means:
      "A worker does not have the model of an extraction, neither under the submitter's path nor elsewhere.",
    remedy: "Copy the model's folder to the path, or start the worker with `--model <folder>`.",
  },
  "units/no-queue-library": {
    means: "A queue was named, but the packages that speak to its server are not installed beside relata.",
    remedy: "`npm install bullmq ioredis` for Redis, `npm install bullmq pg` for PostgreSQL.",
  },
  "units/no-shard-number": {
    means:
      "`--shard auto` was used outside an array job of Slurm or an indexed job of Kubernetes, or without the number of shards where only Slurm would say it.",
    remedy: "Write the shard as `--shard i/n`, or `--shard auto/n` in Kubernetes.",
  },
  "units/not-repeatable": {
    means: "The input is a stream, which only one process can read, and only once.",
    remedy: "Write the posts to a file or a folder that all machines share.",
  },
  "units/object-store-denied": {
    means:
      "The object store did not let the request in: unknown or expired keys, missing rights, or a clock that is wrong. The message has the server's words.",
    remedy: "Correct the keys, their rights or the clock, as the message says.",
  },
  "units/object-store-failed": {
    means:
      "The object store could not be reached, or failed again and again. The message has the server's words.",
    remedy: "Run the same command again later: what is published stays.",
    fault: "work",
  },
  "units/other-job": {
    means:
      "The files or the version of relata that a worker has are not those of the job in the queue, or the job is not in the folder that the worker sees, so it would publish other results.",
    remedy:
      "Give every machine the same files under the paths that the submitter used, and the same version of relata.",
  },
  "units/other-store": {
    means:
      "The folder or bucket that a message names does not have the submitter's job here, so nobody would find the results of this worker.",
    remedy:
      "Share the folder under one path. For a bucket, give workers the submitter's endpoint and region, or write them into the address.",
  },
  "units/program-refused": {
    means:
      "Work in the queue names code: a generator or annotator that is a program (adapter `command`), or teachers or an experiment with modules, a library, a Python interpreter or a synthesis plan. This worker runs no code that a queue names.",
    remedy:
      "Start the worker with `--programs`, if nobody else can write to the queue and to the folders that it sees.",
  },
  "units/queue-unreachable": {
    means:
      "The server of the queue does not answer when the program starts. Outages later on are waited for.",
    remedy: "Check the address, the password and that the server runs.",
    fault: "work",
  },
  "units/unknown-job": {
    means: "A worker took a message from the queue that this version of relata does not understand.",
    remedy: "Use the same version everywhere, and one queue name (`--queue-name`) for relata alone.",
    fault: "work",
  },
  "units/unknown-queue": {
    means: "`--queue` is not the address of a server that can hold a queue.",
    remedy: "Use `redis://host:6379` (`rediss://` with TLS) or `postgres://user:password@host/database`.",
  },
  "units/unknown-store": {
    means: "The place for the results of units is an address of a kind that relata does not know.",
    remedy: "Name a folder that all machines share, or a bucket like `s3://bucket/prefix`.",
  },
  "units/worker-lost": {
    means:
      "Every worker that did a unit ended before it was done: it was killed, ran out of memory, or stopped for longer than its lease.",
    remedy:
      "Look at the workers' logs and their memory. If the input causes it, find the row: `--shard` and `--unit-rows 128` narrow it down. If a unit takes longer than the lease without a pause, raise `--lease`.",
    fault: "work",
  },
  "units/wrong-shard": {
    means: "What `--shard` says is not a shard, or not one of as many shards as it says there are.",
    remedy:
      "Write `--shard i/n` with i from 0 to n - 1: the shards of four processes are 0/4, 1/4, 2/4 and 3/4.",
  },
  "units/wrong-size": {
    means: "The number of rows in a unit cannot give the same result as one process would.",
    remedy: "Use a multiple of 128, the number of posts that the models read together.",
  },
} as const satisfies CodeTable;
