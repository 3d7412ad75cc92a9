/** The one function used of node-forge. Its index would load TLS, RSA and PKCS#12 as well. */
declare module 'node-forge/lib/asn1.js' {
  export interface ForgeNode {
    /** The two class bits in their place in the identifier octet: 0x00, 0x40, 0x80 or 0xc0. */
    readonly tagClass: number;
    readonly type: number;
    readonly constructed: boolean;
    /** A primitive's contents, one character a byte, or a constructed value's members. */
    readonly value: string | readonly ForgeNode[];
  }

  const asn1: {
    fromDer(
      bytes: string,
      options: {
        readonly strict: boolean;
        readonly parseAllBytes: boolean;
        readonly decodeBitStrings: boolean;
        readonly maxDepth: number;
      },
    ): ForgeNode;
  };
  export default asn1;
}
