import { accountPage, accountReasonInput, accountSecurity, listAccountsInput } from '@servai/contract/accounts'
import { idInput } from '@servai/contract/fields'
import { accountsProcedure, platformProcedure, router } from '../trpc.ts'
import { disableAccount, enableAccount, endSessions, sendReset } from './acts/service.ts'
import { factorResetsRouter } from './factor-resets/router.ts'
import { impersonationsRouter } from './impersonations/router.ts'
import { ACCOUNTS_ACCESS } from './policy.ts'
import { getAccount, getAccountOfPerson, listAccounts } from './service.ts'

const access = ACCOUNTS_ACCESS
/** On accounts, not on what a company has: the director of a blocked one still answers for its people. */
const act = { access, fresh: true, whileBlocked: true } as const

export const accountsRouter = router({
  list: platformProcedure
    .meta({
      access: ['platform_admin'],
      rest: { method: 'GET', path: '/accounts' },
      summary: 'All accounts, by address or name',
      oneself: true,
    })
    .input(listAccountsInput)
    .output(accountPage)
    .query(({ ctx, input }) => listAccounts(ctx, input)),
  get: accountsProcedure
    .meta({
      access,
      rest: { method: 'GET', path: '/accounts/{id}' },
      summary: 'How an account is secured: factors, sessions, locks and what last happened, without any secret',
      oneself: true,
    })
    .input(idInput)
    .output(accountSecurity)
    .query(({ ctx, input }) => getAccount(ctx, input)),
  ofPerson: accountsProcedure
    .meta({
      access,
      rest: { method: 'GET', path: '/accounts/of-person/{id}' },
      summary: 'The same of the account of a person of the company',
      oneself: true,
    })
    .input(idInput)
    .output(accountSecurity)
    .query(({ ctx, input }) => getAccountOfPerson(ctx, input)),
  disable: accountsProcedure
    .meta({
      ...act,
      rest: { method: 'POST', path: '/accounts/{id}/disable' },
      summary: 'Close an account: sessions, links, keys and what is under way end at once',
    })
    .input(accountReasonInput)
    .output(accountSecurity)
    .mutation(({ ctx, input }) => disableAccount(ctx, input).then(() => getAccount(ctx, input))),
  enable: accountsProcedure
    .meta({
      ...act,
      rest: { method: 'POST', path: '/accounts/{id}/enable' },
      summary: 'Open a disabled account again; nothing that was ended comes back',
    })
    .input(idInput)
    .output(accountSecurity)
    .mutation(({ ctx, input }) => enableAccount(ctx, input).then(() => getAccount(ctx, input))),
  endSessions: accountsProcedure
    .meta({
      ...act,
      rest: { method: 'POST', path: '/accounts/{id}/end-sessions' },
      summary: 'Sign an account out everywhere',
    })
    .input(idInput)
    .output(accountSecurity)
    .mutation(({ ctx, input }) => endSessions(ctx, input).then(() => getAccount(ctx, input))),
  sendReset: accountsProcedure
    .meta({
      ...act,
      rest: { method: 'POST', path: '/accounts/{id}/send-reset' },
      summary: 'Send the owner of an account a link to choose a new password',
    })
    .input(idInput)
    .output(accountSecurity)
    .mutation(({ ctx, input }) => sendReset(ctx, input).then(() => getAccount(ctx, input))),
  factorResets: factorResetsRouter,
  impersonations: impersonationsRouter,
})
