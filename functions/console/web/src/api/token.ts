/** How long before its end a token is replaced: a minute, or a quarter of a short lifetime. In seconds. */
const MARGIN = 60;

/** Whether a token ends soon; false if its times cannot be read. The server decides whether it is valid. */
export function endsSoon(token: string, now: number): boolean {
  const payload = token.split(".")[1] ?? "";
  try {
    const { iat, exp } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return exp - now / 1_000 < Math.min(MARGIN, (exp - iat) / 4);
  } catch {
    return false;
  }
}
