// `main.ts` with the procedures of the tests: what a signal does to a process can only be seen from outside of one.
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@servai/api/root'
      ? { url: new URL('./probe-root.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
})
await import('../src/main.ts')
