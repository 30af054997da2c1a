import { bulkIdsInput, bulkRemovalInput, done, idInput, removalInput } from '@servai/contract/fields'
import {
  createPersonInput,
  erasePersonInput,
  listPeopleInput,
  mergePeopleInput,
  person,
  personPage,
  updatePersonInput,
} from '@servai/contract/people'
import { companyProcedure, router } from '../../trpc.ts'
import { erasePerson } from '../people-erasures/service.ts'
import { mergePeople } from '../people-merges/service.ts'
import { ACCESS } from '../policy.ts'
import {
  createPerson,
  getPerson,
  listPeople,
  removePeople,
  removePerson,
  restorePeople,
  restorePerson,
  updatePerson,
} from './service.ts'

export const peopleRouter = router({
  list: companyProcedure
    .meta({
      access: ACCESS.overview,
      rest: { method: 'GET', path: '/property/people' },
      summary: 'People the company knows, as far as the caller looks after their homes',
    })
    .input(listPeopleInput)
    .output(personPage)
    .query(({ ctx, input }) => listPeople(ctx, input)),
  get: companyProcedure
    .meta({
      access: ACCESS.overview,
      rest: { method: 'GET', path: '/property/people/{id}' },
      summary: 'One person with homes, past ones too',
    })
    .input(idInput)
    .output(person)
    .query(({ ctx, input }) => getPerson(ctx, input)),
  create: companyProcedure
    .meta({
      access: ACCESS.own,
      rest: { method: 'POST', path: '/property/people' },
      summary: 'Add a person who has no home yet',
    })
    .input(createPersonInput)
    .output(person)
    .mutation(({ ctx, input }) => createPerson(ctx, input)),
  update: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'PATCH', path: '/property/people/{id}' },
      summary: 'Change a person, if nobody else has since `version`',
    })
    .input(updatePersonInput)
    .output(person)
    .mutation(({ ctx, input }) => updatePerson(ctx, input)),
  merge: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/people/{id}/merge' },
      summary: 'Make one of two records of the same person',
    })
    .input(mergePeopleInput)
    .output(person)
    .mutation(({ ctx, input }) => mergePeople(ctx, input)),
  erase: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/people/{id}/erase' },
      summary: 'Erase name and contacts of somebody who has no home any more, for good; the past homes stay',
      fresh: true,
    })
    .input(erasePersonInput)
    .output(person)
    .mutation(({ ctx, input }) => erasePerson(ctx, input)),
  remove: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'DELETE', path: '/property/people/{id}' },
      summary: 'Remove a person, with `cascade` their residencies and invites too; it can be restored',
    })
    .input(removalInput)
    .output(done)
    .mutation(({ ctx, input }) => removePerson(ctx, input)),
  removeMany: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/people/remove' },
      summary: 'Remove several people, all or none',
    })
    .input(bulkRemovalInput)
    .output(done)
    .mutation(({ ctx, input }) => removePeople(ctx, input)),
  restore: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/people/{id}/restore' },
      summary: 'Bring a removed person back, with what went along',
    })
    .input(idInput)
    .output(person)
    .mutation(({ ctx, input }) => restorePerson(ctx, input)),
  restoreMany: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/people/restore' },
      summary: 'Bring several removed people back, all or none',
    })
    .input(bulkIdsInput)
    .output(done)
    .mutation(({ ctx, input }) => restorePeople(ctx, input)),
})
