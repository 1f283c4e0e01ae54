/** protons types bytes as `Uint8Array<ArrayBuffer>`, and takes any when it encodes. */

/** The same value, its bytes in any buffer. */
export type AnyBytes<T> = T extends Uint8Array ? Uint8Array
  : T extends Array<infer Item> ? Array<AnyBytes<Item>>
    : T extends object ? { [Name in keyof T]: AnyBytes<T[Name]> } : T
