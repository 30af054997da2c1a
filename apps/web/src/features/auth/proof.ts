import type { FactorMethod, SecondFactorProof } from '@servai/contract/factors'
import { ref } from 'vue'

/** Methods whose proof is typed. */
export type CodeMethod = Exclude<SecondFactorProof['method'], 'passkey'>

const CODE_METHODS = ['totp', 'recovery_code'] as const satisfies readonly CodeMethod[]

/** What this account can type; the app comes before the paper. */
export const codeMethodsOf = (methods: readonly FactorMethod[]): CodeMethod[] =>
  CODE_METHODS.filter((method) => methods.includes(method))

/** The method chosen for typing a proof. */
export const useCodeMethod = (methods: readonly FactorMethod[] = []) =>
  ref<CodeMethod>(codeMethodsOf(methods)[0] ?? 'totp')
