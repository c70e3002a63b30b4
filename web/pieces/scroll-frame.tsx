// A frame for what may be larger than its place: it scrolls, also by keyboard.
import type { ComponentChildren } from "preact";

/** The frame. */
export function ScrollFrame({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll-frame" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
