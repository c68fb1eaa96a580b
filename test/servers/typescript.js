import { registerHooks } from 'node:module'

/** Lets plain Node, which strips types by itself, find `x.ts` where the sources say `./x.js`, as TypeScript wants it. */
registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context)
    } catch (error) {
      if (!/^\.{1,2}\/.*\.js$/.test(specifier)) throw error
      return next(specifier.replace(/\.js$/, '.ts'), context)
    }
  },
})
