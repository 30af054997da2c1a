import type { Account } from '@servai/contract/auth'
import type { Context, Role } from '@servai/contract/roles'
import { QueryCache, QueryClient } from '@tanstack/vue-query'
import { computed, shallowReactive } from 'vue'
import { SIGNED_IN_KEY } from './access.ts'
import {
  access,
  accessOf,
  actIn,
  api,
  asOneself,
  borrowToken,
  onAccessNews,
  onContextClosed,
  type Inputs,
  type Outputs,
} from './api.ts'
import { reasonOf, type Failure } from './errors.ts'
import { showLocale, storedLocale } from './i18n/i18n.ts'

/** `unverified`: signed in, but the address is not proven yet, so nothing but that can be done. */
type Phase = 'starting' | 'failed' | 'anonymous' | 'unverified' | 'active'

/** Another account that is seen through this tab, until `expiresAtMs`. */
export type View = {
  id: string
  account: Outputs['accounts']['impersonations']['start']['account']
  access: 'read' | 'write'
  expiresAtMs: number
}

const CONTEXT_KEY = 'servai.context'
const OPENED_KEY = 'servai.opened'
const RETRIES = 2

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    // What the person may act as has changed since it was asked.
    onError: (error) => {
      if (reasonOf(error).reason === 'auth.context_denied') void reloadAccount().catch(() => {})
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => {
        const { status } = reasonOf(error)
        return failures < RETRIES && (status === null || status >= 500)
      },
    },
  },
})

const state = shallowReactive({
  phase: 'starting' as Phase,
  account: null as Account | null,
  context: null as Context | null,
  /** Why the session could not be looked up at the start. */
  failure: null as Failure | null,
  /** The session ended without this tab asking for it. */
  endedElsewhere: false,
  /** Whom somebody of the platform sees as, in this tab. */
  view: null as View | null,
})

export const session: Readonly<typeof state> = state

export const isSignedIn = computed(() => state.phase === 'unverified' || state.phase === 'active')

/** Whether the active context includes one of the roles; no roles means anybody. */
export const hasRole = (roles: readonly Role[] | undefined) =>
  !roles || roles.some((role) => state.context?.roles.includes(role))

/** Nothing of the active context is open before a second factor is set up; what is the person's own is. */
export const isContextClosed = computed(() => state.phase === 'active' && state.context?.needsSecondFactor === true)

/** Whether a page is meant for the active context: by its roles, and by whether a company is open in it. */
export const suits = ({ requires, within }: { requires?: readonly Role[]; within?: 'company' | 'platform' }) =>
  hasRole(requires) && (!within || within === (state.context?.company ? 'company' : 'platform'))

/** The company that somebody of the platform looks into, kept for this tab. */
const openedCompany = ({ contexts }: Account): Context | null => {
  const platform = contexts.find(({ key }) => key === 'platform')
  const kept = platform && sessionStorage.getItem(OPENED_KEY)
  if (!platform || !kept) return null
  // Written by `lookInside` below; of another shape only if somebody played with the browser's storage.
  const company = JSON.parse(kept) as NonNullable<Context['company']>
  return { ...platform, key: `platform:${company.id}`, company }
}

const rememberedContext = (account: Account) => {
  const { contexts } = account
  const key = state.context?.key ?? (state.view ? null : localStorage.getItem(CONTEXT_KEY))
  return openedCompany(account) ?? contexts.find((context) => context.key === key) ?? contexts[0] ?? null
}

const enter = async (account: Account) => {
  const context = rememberedContext(account)
  actIn(context?.key ?? null)
  if (!storedLocale() && !state.view) await showLocale(account.locale)
  Object.assign(state, {
    account,
    context,
    failure: null,
    endedElsewhere: false,
    phase: account.emailVerified ? 'active' : 'unverified',
  } satisfies Partial<typeof state>)
}

const leave = (endedElsewhere: boolean) => {
  forgetView()
  sessionStorage.removeItem(OPENED_KEY)
  actIn(null)
  void queryClient.cancelQueries()
  queryClient.clear()
  Object.assign(state, { account: null, context: null, failure: null, endedElsewhere, phase: 'anonymous' })
}

/** In which whoever sees as somebody else goes on afterwards. */
let ownContext: Context | null = null

const forgetView = () => {
  borrowToken(null)
  state.view = null
}

/** From now on this tab shows what another account sees; the session, and every other tab, stay as they are. */
export const enterView = async (input: Inputs['accounts']['impersonations']['start']) => {
  const { accessToken, expiresAt, id, account, access: level } = await api.accounts.impersonations.start.mutate(input)
  ownContext = state.context
  borrowToken(accessToken, () => void leaveView().catch(() => {}))
  state.view = { id, account, access: level, expiresAtMs: Date.parse(expiresAt) }
  await takeUp().catch(async (error: unknown) => {
    await leaveView({ tell: true })
    throw error
  })
}

/** Back to oneself; the server is told where it does not know yet. */
export const leaveView = async ({ tell = false } = {}) => {
  const { view } = state
  if (!view) return
  forgetView()
  state.context = ownContext
  if (tell) await api.accounts.impersonations.end.mutate({ id: view.id }, asOneself('platform')).catch(() => {})
  await takeUp()
}

const takeUp = async () => {
  actIn(null)
  await queryClient.cancelQueries()
  queryClient.clear()
  await reloadAccount()
}

/** Asks again who is signed in and what they may act as. */
export const reloadAccount = async () => {
  await enter(await api.auth.me.query())
}

/** Takes up the session of this browser, if there is one; resolves when it is known who is there. */
export const startSession = async () => {
  state.phase = 'starting'
  try {
    if (await access.resume()) await reloadAccount()
    else leave(false)
  } catch (error) {
    const failure = reasonOf(error)
    if (failure.status === 401) leave(false)
    else Object.assign(state, { phase: 'failed', failure })
  }
}

const begin = async ({ user, ...tokens }: Outputs['auth']['completeSignIn']) => {
  access.start(accessOf(tokens))
  queryClient.clear()
  await enter(user)
}

/** The challenge of an account with a second factor, which `completeSignIn` goes on with; null when somebody is signed in. */
export const signIn = async (credentials: Omit<Inputs['auth']['login'], 'delivery'>) => {
  const answer = await api.auth.login.mutate(credentials)
  if ('challenge' in answer) return answer.challenge
  await begin(answer)
  return null
}

export const completeSignIn = async (completion: Inputs['auth']['completeSignIn']) => {
  await begin(await api.auth.completeSignIn.mutate(completion))
}

/** Without a password, with what a passkey has answered. */
export const signInByPasskey = async (answered: Inputs['auth']['passkeys']['completeSignIn']) => {
  await begin(await api.auth.passkeys.completeSignIn.mutate(answered))
}

/** The same session goes on with a new token, after a change that has ended all others. */
export const goOn = async (renewed: { accessToken: string; expiresIn: number }) => {
  access.start(accessOf(renewed))
  await reloadAccount()
}

/** The answer to a sign-out empties the site's storage; how the app looks on this device is no secret and stays. */
const keepLooks = async (signingOut: Promise<unknown>) => {
  const looks = { ...localStorage } as Record<string, string>
  delete looks[CONTEXT_KEY]
  delete looks[SIGNED_IN_KEY]
  await signingOut
  for (const [key, value] of Object.entries(looks)) localStorage.setItem(key, value)
}

/** In every tab. Rejects where the server cannot be told: the cookie would still be there, and a sign-in page a lie. */
export const signOut = async () => {
  await leaveView({ tell: true })
  await keepLooks(api.auth.logout.mutate())
  forgetSession()
}

export const signOutEverywhere = async () => {
  await keepLooks(api.auth.logoutAll.mutate())
  forgetSession()
}

/** For a session that the server has ended already at this person's wish. */
export const forgetSession = () => {
  access.end()
  leave(false)
}

/** The password change ends all other sessions and gives this one a new token. */
export const changePassword = async (passwords: Inputs['auth']['changePassword']) => {
  access.start(accessOf(await api.auth.changePassword.mutate(passwords)))
}

export const updateProfile = async (change: Inputs['auth']['updateProfile']) => {
  await enter(await api.auth.updateProfile.mutate(change))
}

const actAs = (context: Context) => {
  actIn(context.key)
  state.context = context
  void queryClient.cancelQueries()
  queryClient.clear()
}

/** From now on this tab acts in another capacity; what was loaded in the old one is forgotten. */
export const switchContext = (context: Context) => {
  if (!state.view) {
    sessionStorage.removeItem(OPENED_KEY)
    localStorage.setItem(CONTEXT_KEY, context.key)
  }
  actAs(context)
}

/** Somebody of the platform opens one company in this tab, to look and not to touch. */
export const lookInside = ({ id, name, currency, timezone, status }: NonNullable<Context['company']>) => {
  sessionStorage.setItem(OPENED_KEY, JSON.stringify({ id, name, currency, timezone, status }))
  const opened = state.account && openedCompany(state.account)
  if (opened) actAs(opened)
}

// The company has begun to ask for a second factor since the account was loaded.
onContextClosed(() => {
  if (state.context && !state.context.needsSecondFactor) void reloadAccount().catch(() => {})
})

const isStillMe = async () => {
  const before = state.account?.id
  await reloadAccount()
  if (before && before !== state.account?.id) location.assign('/')
}

onAccessNews((news) => {
  if (news.kind === 'ended' && state.phase !== 'anonymous') leave(true)
  if (news.kind === 'started') void isStillMe().catch(() => {})
})
