import { watch } from 'vue'
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from 'vue-router'
import { routes as apiKeys } from './features/api-keys/routes.ts'
import { routes as accounts } from './features/accounts/routes.ts'
import { routes as account } from './features/account/routes.ts'
import { routes as audit } from './features/audit/routes.ts'
import { routes as auth } from './features/auth/routes.ts'
import { routes as homes } from './features/homes/routes.ts'
import { routes as claims } from './features/claims/routes.ts'
import { routes as buildings } from './features/buildings/routes.ts'
import { routes as companies } from './features/companies/routes.ts'
import { routes as complexes } from './features/complexes/routes.ts'
import { routes as dashboard } from './features/dashboard/routes.ts'
import { routes as imports } from './features/imports/routes.ts'
import { routes as invites } from './features/invites/routes.ts'
import { routes as limits } from './features/limits/routes.ts'
import { routes as people } from './features/people/routes.ts'
import { routes as settings } from './features/settings/routes.ts'
import { routes as staff } from './features/staff/routes.ts'
import { routes as unitTypes } from './features/unit-types/routes.ts'
import { routes as units } from './features/units/routes.ts'
import type { Access } from './features/meta.ts'
import { routes as reset } from './features/reset/routes.ts'
import { routes as verification } from './features/verification/routes.ts'
import { internalPath } from './internal-path.ts'
import { pendingLink } from './pending-link.ts'
import { isContextClosed, isSignedIn, session } from './session.ts'
import { loadShell } from './shells/shells.ts'
import { focusHeading } from './ui/focus.ts'

const features: RouteRecordRaw[] = [
  ...auth,
  ...account,
  ...verification,
  ...reset,
  ...homes,
  ...dashboard,
  ...people,
  ...invites,
  ...claims,
  ...complexes,
  ...buildings,
  ...units,
  ...unitTypes,
  ...imports,
  ...companies,
  ...apiKeys,
  ...staff,
  ...audit,
  ...accounts,
  ...settings,
  ...limits,
]

export const routes: RouteRecordRaw[] = [
  { path: '/', name: 'start', redirect: () => ({ name: homeName() }) },
  ...features,
  {
    path: '/:rest(.*)*',
    name: 'not-found',
    component: () => import('./pages/NotFoundPage.vue'),
    meta: { shell: 'own', title: 'shell.pages.notFound', access: 'open' },
  },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})

/** Where a person starts: at the invite that waits for them, else by what they act as. */
const homeName = () => {
  const { context, phase } = session
  const pending = pendingLink()
  if (pending && phase === 'active') return pending.route
  if (context?.kind === 'platform' && !context.company) return 'companies'
  return context?.kind === 'resident' || !context ? 'homes' : 'dashboard'
}

const redirectOf = (to: RouteLocationNormalized) => {
  const access: Access = to.meta.access ?? 'account'
  if (access === 'open') return true
  if (!isSignedIn.value)
    return access === 'guest'
      ? true
      : { name: 'sign-in', query: to.path === '/' || to.path === '/home' ? {} : { returnTo: to.fullPath } }
  if (session.phase === 'unverified') return access === 'unverified' ? true : { name: 'mailbox' }
  if (access !== 'account') return internalPath(to.query['returnTo'])
  // The company asks for a second factor: until there is one, only the person's own pages are open.
  if (isContextClosed.value)
    return to.meta.shell === 'own'
      ? true
      : { name: 'second-factor', query: { returnTo: to.redirectedFrom?.name === 'start' ? '/' : to.fullPath } }
  // The start page was chosen before it was known who is there.
  return to.redirectedFrom?.name === 'start' && to.name !== homeName() ? { name: homeName() } : true
}

const isKnown = () => session.phase !== 'starting' && session.phase !== 'failed'

/** Resolves when it is known who is there, which may take a visitor's "Try again". */
const sessionKnown = async () => {
  if (isKnown()) return
  await new Promise<void>((resolve) => {
    watch(isKnown, () => resolve(), { once: true })
  })
}

router.beforeEach(async (to) => {
  await sessionKnown()
  // Loads beside the page, not after it; a failure shows where it is awaited.
  void loadShell(to.meta.shell).catch(() => {})
  return redirectOf(to)
})

// Somebody signed in or out, here or in another tab: the page that is open may not be theirs any more.
watch([() => session.phase, isContextClosed], () => {
  const page = router.currentRoute.value
  const target = redirectOf(page)
  if (target === true || page.matched.length === 0) return
  // Who leaves by intention does not want the next person to be led back to their page.
  const isLeaving = session.phase === 'anonymous' && !session.endedElsewhere
  void router.replace(isLeaving ? { name: 'sign-in' } : target)
})

router.beforeResolve((to) => loadShell(to.meta.shell))

/** After a deployment the chunks that an open tab knows are gone: load the page afresh, once. */
router.onError((error, to) => {
  if (/dynamically imported module|module script|preload/i.test(String(error?.message)) && navigator.onLine) {
    const mark = `servai.reloaded:${to.fullPath}`
    if (sessionStorage.getItem(mark)) return
    sessionStorage.setItem(mark, '1')
    location.assign(location.origin + to.fullPath)
  }
})

router.afterEach((to, from, failure) => {
  if (!failure && from.matched.length > 0 && to.path !== from.path) void focusHeading()
})
