// Reasons why a generated view is not used, as the store of views records them.
import type { NoteTable } from "./code-table.ts";

/** Reasons of rejection. A rejected view is kept in the store's ledger with its reason and never generated again. */
export const REJECTION_CODES = {
  "black-picture": {
    means: "The picture is black. Safety filters of some servers answer with such pictures.",
    remedy: "Switch the server's filter off if you may, or change `promptTemplate`.",
  },
  "blank-picture": {
    means: "The picture is one plain colour, so there is nothing to be seen in it.",
    remedy: "Look at such a picture: the number of steps, the size or the guidance is probably wrong.",
  },
  "content-policy": {
    means: "The server declined the request because of its content rules.",
    remedy: "Nothing, if there are few. Otherwise change `promptTemplate`, or use another server.",
  },
  "empty-text": {
    means: "The generator answered with no text.",
    remedy: "Ask the model directly about such a picture; it may need another instruction.",
  },
  "mention-lost": {
    means:
      "The text does not contain all mentions that it must contain, so it cannot be used for their relations.",
    remedy: "Strengthen `mentionInstruction`, or add a `mentionTemplate` that writes them.",
  },
  "near-duplicate": {
    means: "The picture or text looks like an earlier one of the same instance.",
    remedy:
      "Nothing, if there are few. Otherwise make the generator vary more (a higher temperature, less guidance), or lower `chains`.",
  },
  "nothing-left": {
    means: "The collection for retrieval holds no picture other than those excluded for this instance.",
    remedy: "Add pictures to the collection, or lower `chains` and `rounds`.",
  },
  nsfw: {
    means: "The server's safety checker withheld the picture.",
    remedy: "Switch the checker off if you may, or change `promptTemplate`.",
  },
  "parent-refused": {
    means: "The step was not made, because the step before it in the chain was refused.",
    remedy: "See the reason of the step before.",
  },
  "parent-rejected": {
    means: "The step was not made, because the step before it in the chain was rejected.",
    remedy: "See the reason of the step before.",
  },
  refused: {
    means: "The program that generates, or the simulator, declined this request for good.",
    remedy: "Read the message that is recorded with it; the program decides.",
  },
  "nothing-to-change": {
    means:
      "The text has no word that could be changed: all of it is mentions, or no other word is known for any.",
    remedy: "Nothing, if there are few. Otherwise name a longer list of words or a larger corpus.",
  },
  "unchanged-text": {
    means: "The new text has the same words as the text that it was made from.",
    remedy: "Nothing, if there are few. Otherwise make the program vary more.",
  },
  "unknown-picture": {
    means: "No collection for retrieval holds the picture, so no other caption of it is known.",
    remedy: "Name the collections that the pictures come from.",
  },
  "unreadable-picture": {
    means: "The picture does not decode, or is larger than a generator's picture may be.",
    remedy: "Look at the real or generated file that the store names.",
  },
} satisfies NoteTable;
