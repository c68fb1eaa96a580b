import { IceError, USAGE } from '../../catalogue/index.js'

/** `postgres/main`: what stands before the last slash is the mount. @throws IceError USAGE.wrongUsage */
export function mountAndName(target: string, what: string): { readonly mount: string; readonly name: string } {
  const at = target.lastIndexOf('/')
  const [mount, name] = [target.slice(0, Math.max(at, 0)), target.slice(at + 1)]
  if (mount !== '' && name !== '') return { mount, name }
  throw new IceError(USAGE.wrongUsage, {
    message: `Expected MOUNT/${what}, such as ${EXAMPLES[what] ?? 'static/app'}, not ${JSON.stringify(target)}.`,
  })
}

const EXAMPLES: Readonly<Record<string, string>> = {
  CONNECTION: 'postgres/main',
  ROLE: 'postgres/app',
  KEY: 'transit/app',
}
