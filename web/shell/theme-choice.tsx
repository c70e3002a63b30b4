// The choice of colours in the head of the page.
import { useState } from "preact/hooks";
import { applyTheme, savedTheme, THEMES, type Theme } from "./theme.ts";

const NAMES: Readonly<Record<Theme, string>> = { system: "Auto", light: "Light", dark: "Dark" };

/** Three radio buttons. */
export function ThemeChoice() {
  const [theme, setTheme] = useState(savedTheme);
  return (
    <fieldset class="theme">
      <legend class="unseen">Colours</legend>
      {THEMES.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="theme"
            checked={theme === one}
            onChange={() => {
              applyTheme(one);
              setTheme(one);
            }}
          />
          <span>{NAMES[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}
