// The key that does what a button does. Screen readers have the list of keys; the hint is left out of the button's name.

/** A key on a button. */
export function KeyHint({ children }: { readonly children: string | number }) {
  return (
    <span class="key" aria-hidden="true">
      {children}
    </span>
  );
}
