/** How long before its end a token is replaced: a minute, or a quarter of a short lifetime. In seconds. */
const MARGIN = 60;

type Claims = { iat: number; exp: number; sub: string };

/** What a token says; null if it cannot be read. The server decides whether it is valid. */
function claimsOf(token: string): Partial<Claims> | null {
  const payload = token.split(".")[1] ?? "";
  try {
    return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return null;
  }
}

/** Whether a token ends soon; false if its times cannot be read. */
export function endsSoon(token: string, now: number): boolean {
  const { iat = Number.NaN, exp = Number.NaN } = claimsOf(token) ?? {};
  return exp - now / 1_000 < Math.min(MARGIN, (exp - iat) / 4);
}

/** The marketplace of a token. */
export function marketplaceOf(token: string): string | undefined {
  return claimsOf(token)?.sub;
}

/** Whether two tokens are of the same marketplace. */
export function isSameMarketplace(token: string, other: string): boolean {
  const marketplace = marketplaceOf(token);
  return marketplace !== undefined && marketplace === marketplaceOf(other);
}
