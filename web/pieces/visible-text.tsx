// Text as it is, with the characters that cannot be seen shown by name. Each stretch carries its offset, for selections.
import { glyphsOf } from "../text/invisible.ts";

/** Shows a text. `at`: its offset in the whole text, where selections are read. */
export function VisibleText({ text, at }: { readonly text: string; readonly at?: number }) {
  return glyphsOf(text, at ?? 0).map((glyph) =>
    glyph.kind === "text" ? (
      <span key={glyph.start} data-at={at === undefined ? undefined : glyph.start}>
        {glyph.text}
      </span>
    ) : (
      <span
        key={glyph.start}
        class="invisible-character"
        data-at={at === undefined ? undefined : glyph.start}
        data-length={glyph.length}
        title={`A character that cannot be seen: ${glyph.name}`}
      >
        {glyph.name}
      </span>
    ),
  );
}
