/** How long before its end a token is replaced, in milliseconds. */
const MARGIN = 60_000;

/** Whether a token ends within a minute; false if its end cannot be read. The server decides whether it is valid. */
export function endsSoon(token: string, now: number): boolean {
  const payload = token.split(".")[1] ?? "";
  try {
    const { exp } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof exp === "number" && exp * 1_000 - now < MARGIN;
  } catch {
    return false;
  }
}
