/** What a terminal obeys instead of showing, or shows as something else; line ends are fine. */
export const UNPRINTED = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
