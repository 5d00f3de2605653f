/** The appearance of the console as its host page asks for it. Anything that is not valid is left out. */
import type { ThemeRequest } from "./protocol";

export type Theme = {
  mode: "light" | "dark" | "auto";
  accent: string | undefined;
  onAccent: string | undefined;
  radius: string | undefined;
  font: string | undefined;
};

/** A color by name, in hexadecimal or as a function of numbers; no `url()`, `var()` or `env()`. */
const COLOR = /^(#[0-9a-f]{3,8}|[a-z]{3,24}|(rgb|hsl|hwb|lab|lch|oklab|oklch)a?\([\d\s.,%/a-z-]{1,60}\))$/i;
/** 0 to 24 pixels. */
const RADIUS = /^(\d|1\d|2[0-4])(\.\d{1,3})?px$|^0$/;
/** A list of family names, quoted or not. */
const FONT = /^[\p{L}\p{N}\s,'"_-]{1,200}$/u;

const supportedByBrowser = (property: string, value: string) => CSS.supports(property, value);

/** Reads a theme that another page sent. */
export function readTheme(request: unknown, isSupported = supportedByBrowser): Theme {
  const given: Record<string, unknown> = typeof request === "object" && request !== null ? { ...request } : {};
  const valid = (name: keyof ThemeRequest, pattern: RegExp, property: string) => {
    const value = given[name];
    if (typeof value !== "string") return undefined;
    const text = value.trim();
    return pattern.test(text) && isSupported(property, text) ? text : undefined;
  };
  return {
    mode: given.mode === "light" || given.mode === "dark" ? given.mode : "auto",
    accent: valid("accent", COLOR, "color"),
    onAccent: valid("onAccent", COLOR, "color"),
    radius: valid("radius", RADIUS, "border-radius"),
    font: valid("font", FONT, "font-family"),
  };
}

/** Shows the document in a theme. */
export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme.mode === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme.mode;
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) root.style.removeProperty(name);
    else root.style.setProperty(name, value);
  };
  set("--host-accent", theme.accent);
  set("--host-on-accent", theme.onAccent ?? (theme.accent && readableOn(theme.accent)));
  set("--host-radius", theme.radius);
  set("--host-font", theme.font);
}

const WHITE = "#ffffff";
const BLACK = "#12121a";

/** White or near-black, whichever has more contrast with a color. Undefined if the browser does not resolve it to RGB. */
function readableOn(color: string): string | undefined {
  const probe = document.createElement("span");
  probe.style.color = color;
  document.documentElement.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  const channels = /^rgba?\((\d+), (\d+), (\d+)/.exec(resolved)?.slice(1).map(Number);
  return channels && readable(channels);
}

/** The same for the channels of a color, 0 to 255 each. https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
export function readable(channels: number[]): string {
  const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  // The luminance of BLACK is 0.006.
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.056 ? WHITE : BLACK;
}
