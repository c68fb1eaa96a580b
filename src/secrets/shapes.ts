/**
 * The forms in which a secret comes back in somebody else's text: as it is, escaped in JSON (by Go's rules also, which
 * both servers follow), encoded for a URL, and in base64, alone or as a part of what was encoded. For a secret of letters
 * and digits most of them are the same.
 */
export function shapesOf(value: string): ReadonlySet<string> {
  const json = JSON.stringify(value).slice(1, -1)
  const plain = [value, json, json.replace(/[<>&\u2028\u2029]/g, unicodeEscape)]
  const base64 = base64Shapes(Buffer.from(value))
  return new Set([...plain, ...urlShapes(value), ...base64, ...base64.map(urlAlphabet)])
}

const unicodeEscape = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`

/** By `encodeURIComponent`, as a form, and by Go's `url.QueryEscape` and `url.PathEscape` (Vault's database URLs). */
function urlShapes(value: string): readonly string[] {
  const component = encodeURIComponent(value.toWellFormed())
  const form = new URLSearchParams([['', value]]).toString().slice(1)
  const strict = component.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  return [
    component,
    form,
    strict,
    strict.replaceAll('%20', '+'),
    strict.replace(/%(?:24|26|2B|3A|3D|40)/g, (escape) => decodeURIComponent(escape)),
  ]
}

/** Encoded alone, and the signs that stand for its bytes alone when one or two bytes, or a multiple of three, are before it. */
function base64Shapes(bytes: Buffer): readonly string[] {
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  const alone = bytes.toString('base64')
  return [alone, alone.replace(/=+$/, ''), ...within]
}

const urlAlphabet = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_')
