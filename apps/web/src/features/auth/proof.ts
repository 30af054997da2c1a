import type { FactorMethod, SecondFactorProof } from '@servai/contract/factors'
import { ref, type Ref } from 'vue'
import type { TextKey } from '../../i18n/texts.ts'

/** Methods whose proof is typed. */
export type CodeMethod = Exclude<SecondFactorProof['method'], 'passkey'>

const CODE_METHODS = ['totp', 'recovery_code'] as const satisfies readonly CodeMethod[]

/** What this account can type; the app comes before the paper. */
export const codeMethodsOf = (methods: readonly FactorMethod[]): CodeMethod[] =>
  CODE_METHODS.filter((method) => methods.includes(method))

/** The method chosen for typing a proof. */
export const useCodeMethod = (methods: readonly FactorMethod[] = []) =>
  ref<CodeMethod>(codeMethodsOf(methods)[0] ?? 'totp')

/** For `reasonTexts` of a form: of a code on paper there is no next one to wait for. */
export const proofTexts = (method: Ref<CodeMethod>) => ({
  get 'auth.factor_refused'(): TextKey {
    return method.value === 'totp' ? 'errors.auth.factor_refused' : 'security.recoveryCodeRefused'
  },
})
