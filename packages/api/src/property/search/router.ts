import { searchInput, searchResults } from '@servai/contract/search'
import { anyScopeProcedure } from '../../trpc.ts'
import { SEARCH_ACCESS } from './policy.ts'
import { search } from './service.ts'

export const searchProcedure = anyScopeProcedure
  .meta({
    access: SEARCH_ACCESS,
    rest: { method: 'GET', path: '/property/search' },
    summary: 'Units, people, complexes, buildings, invites and staff by number, name, e-mail address or phone number',
  })
  .input(searchInput)
  .output(searchResults)
  .query(({ ctx, input }) => search(ctx, input))
