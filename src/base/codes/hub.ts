// Codes of `relata push` and `relata pull`: repositories of a hub, and transfers to and from them.
import type { CodeTable } from "./code-table.ts";

/** Errors about repositories on a hub. */
export const HUB_CODES = {
  "hub/bad-listing": {
    means:
      "The hub's list of files has a path that leads out of the folder, is named twice, or is not a file name on every system. Nothing of it was written.",
    remedy: "Do not use the repository unless you know who made it; ask its owner to push it again.",
  },
  "hub/bad-repository": {
    means:
      "The name of the repository does not have the form `owner/name`, or its revision is not the name of a branch, tag or commit.",
    remedy: "Give it as `owner/name`, and for a pull with a revision as `owner/name@revision`.",
  },
  "hub/bad-token-file": {
    means: "The file with the access token of the hub cannot be read, or holds something else.",
    remedy: "Set HF_TOKEN to the token, or write the token alone into the file that the message names.",
  },
  "hub/conflict": {
    means: "The repository was changed by somebody else during the push, or is being created.",
    remedy: "Look at what was changed, then push again.",
    fault: "work",
  },
  "hub/failed": {
    means: "The hub answered with an error of its own, or with something that is not the protocol of a hub.",
    remedy: "Try again later. What was sent already is not sent again.",
    fault: "work",
  },
  "hub/interrupted": {
    means: "The connection to the hub failed before or during a transfer.",
    remedy:
      "Run the same command again: large files that arrived are not sent again, and a pull continues where it stopped.",
    fault: "work",
  },
  "hub/limit": {
    means: "The hub refuses more: a quota of storage, a limit of file size or of requests.",
    remedy: "Follow the hub's words in the message: free space there, or wait.",
    fault: "work",
  },
  "hub/no-such-repository": {
    means: "The hub has no such repository or revision, or does not show it to the owner of this token.",
    remedy:
      "Check the name and the revision. A private repository needs a token with access to it in HF_TOKEN.",
  },
  "hub/no-token": {
    means: "A push needs an access token, and there is none.",
    remedy: "Set HF_TOKEN to a token that may write, or log in with the hub's own tool, which stores it.",
  },
  "hub/not-a-model": {
    means: "The repository holds no bundle or model of relata: its list of files is missing.",
    remedy: "Name a repository that `relata push` wrote.",
  },
  "hub/not-empty": {
    means: "The repository already has files, which a push would replace.",
    remedy: "Push with `--replace` to replace them in one commit, or name a new repository.",
  },
  "hub/refused": {
    means: "The hub does not allow this: the token is missing, wrong or expired, or may not do it.",
    remedy: "Use a token with the right to write to this repository (HF_TOKEN).",
  },
} satisfies CodeTable;
